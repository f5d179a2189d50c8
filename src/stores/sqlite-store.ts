import type Database from 'libsql';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock/clock.js';
import {
  type Commit,
  type EventStore,
  type LocatedPosition,
  type LogPage,
  type LogPosition,
  type LogQuery,
  type LogRest,
  type PollLease,
  type StoredSnapshot,
  StoreUnavailableError,
} from '../engine/event-store.js';
import type { CallLimit } from '../limiter/call-limiter.js';
import { closeDatabase, inTransaction, openDatabase } from './open-database.js';
import { SqliteCallJournal } from './sqlite-call-journal.js';
import { prepareLeaseStatements, SqliteLeases } from './sqlite-leases.js';
import {
  type ConnectionRow,
  isHead,
  prepareStatements,
  readCommitId,
  readConnection,
  readEarliest,
  readEvent,
  readIndex,
  readRecord,
  stateOf,
} from './sqlite-statements.js';

/** Says whose file it is (`file events.db` shows it). `check` writes it again, because that changes nothing. */
const applicationId = 0x50444353;
const maxRememberedRows = 20_000;

/** The embedded store: one SQLite database in one folder, which belongs to this process until `close`. */
export class SqliteStore implements EventStore {
  readonly #database: Database.Database;
  readonly #statements: ReturnType<typeof prepareStatements>;
  readonly #leaseStatements: ReturnType<typeof prepareLeaseStatements>;
  readonly #leases: SqliteLeases;
  /** Rows as the database has them: nobody else writes it. Without, `npm run bench -- poll` makes a quarter fewer polls. */
  readonly #rows = new LRUCache<string, ConnectionRow>({ max: maxRememberedRows });

  /**
   * @throws {DatabaseInUseError} while another process, or another store of this one, has the folder
   * @throws {Error} if the folder cannot be used
   */
  constructor(folder: string, options: { readonly clock: Pick<Clock, 'now' | 'monotonic'> }) {
    this.#leases = new SqliteLeases(options.clock);
    this.#database = openDatabase(folder);
    this.#statements = prepareStatements(this.#database);
    this.#leaseStatements = prepareLeaseStatements(this.#database);
  }

  /** The calls of the last window, which the same database has. To be opened once. */
  openCallJournal(options: { readonly limit: CallLimit; readonly clock: Clock }): SqliteCallJournal {
    return new SqliteCallJournal(this.#database, options);
  }

  async load(connectionId: string): Promise<StoredSnapshot | undefined> {
    return this.#reporting(() => {
      const row = this.#find(connectionId);
      if (row === undefined) return undefined;
      const records = this.#statements.records.all(row.id).map(readRecord);
      return { ...stateOf(row), records: new Map(records.map(({ id, value }) => [id, value])) };
    });
  }

  async commit(connectionId: string, commit: Commit): Promise<LogPosition | undefined> {
    return this.#reporting(() => {
      try {
        return inTransaction(this.#database, () => {
          const known = this.#find(connectionId);
          if (known?.revision !== commit.expectedCommitId) return undefined;
          return this.#write(known ?? this.#insert(connectionId, commit), commit);
        });
      } finally {
        // Whether it was written or taken back.
        this.#rows.delete(connectionId);
      }
    });
  }

  async read(connectionId: string, query: LogQuery): Promise<LogPage | undefined> {
    return this.#reporting(() => {
      const row = this.#find(connectionId);
      if (row === undefined) return undefined;
      const { header, revision: commitId, trimmed_to_ms: trimmedToMs } = row;
      // The usual poll is of a host that has everything. A spread costs `npm run bench -- poll` 3 %.
      if (isHead(row, query.after))
        return { commitId, head: query.after, header, trimmedToMs, contains: true, events: [], rest: undefined };
      const events = this.#events(row, query).map(readEvent);
      const last = events.at(-1)?.sequence ?? query.after.sequence;
      const rest = events.length < query.limit ? undefined : this.#rest(row, query, last);
      return { ...stateOf(row), contains: this.#contains(row, query.after), events, rest };
    });
  }

  async locate(connectionId: string, position?: LogPosition): Promise<LocatedPosition | undefined> {
    return this.#reporting(() => {
      const row = this.#find(connectionId);
      return row === undefined
        ? undefined
        : { ...stateOf(row), contains: position !== undefined && this.#contains(row, position) };
    });
  }

  async unlogged(connectionId: string, keys: readonly string[]): Promise<ReadonlySet<string>> {
    return this.#reporting(() => {
      const row = this.#find(connectionId);
      if (row === undefined) return new Set(keys);
      const places = this.#statements.unlogged.all(JSON.stringify(keys), row.id).map(readIndex);
      return new Set(places.flatMap(({ place }) => keys[place] ?? []));
    });
  }

  async acquireLease(connectionId: string, forMs: number): Promise<PollLease> {
    return this.#reporting(() => {
      const commitId = this.#find(connectionId)?.revision;
      const leftMs = this.#leases.leftMs(this.#leaseStatements, connectionId);
      if (leftMs > 0) return { granted: false, nextInMs: leftMs, commitId };
      this.#leases.hold(this.#leaseStatements, connectionId, forMs);
      return { granted: true, nextInMs: forMs, commitId };
    });
  }

  async extendLease(connectionId: string, forMs: number): Promise<void> {
    this.#reporting(() => {
      const leftMs = this.#leases.leftMs(this.#leaseStatements, connectionId);
      if (leftMs < forMs) this.#leases.hold(this.#leaseStatements, connectionId, forMs);
    });
  }

  async trim(learnedBeforeMs: number): Promise<void> {
    this.#reporting(() => {
      this.#rows.clear();
      inTransaction(this.#database, () => {
        this.#statements.raiseFloors.run(learnedBeforeMs);
        this.#statements.raiseTrimmedTo.run();
        this.#statements.trimEvents.run(learnedBeforeMs);
        this.#statements.trimConnections.run(learnedBeforeMs);
        this.#leases.trim(this.#leaseStatements);
      });
      this.#database.exec('PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE);');
    });
  }

  async check(): Promise<void> {
    // A transaction that writes nothing would not notice that the disk is full.
    this.#reporting(() => {
      inTransaction(this.#database, () => this.#database.exec(`PRAGMA application_id = ${applicationId}`));
    });
  }

  async close(): Promise<void> {
    closeDatabase(this.#database);
  }

  #find(connectionId: string): ConnectionRow | undefined {
    const known = this.#rows.get(connectionId);
    if (known !== undefined) return known;
    const row = this.#statements.connection.get(connectionId);
    if (row === undefined) return undefined;
    const found = readConnection(row);
    this.#rows.set(connectionId, found);
    return found;
  }

  /** Works with the database. If that fails (a full disk, say), callers get an error that they understand. */
  #reporting<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw new StoreUnavailableError(error);
    }
  }

  #events(row: ConnectionRow, { after: { sequence }, limit, notBeforeMs, filter }: LogQuery) {
    return filter.subject === undefined
      ? this.#statements.eventsOfKind.all(row.id, filter.kind, sequence, notBeforeMs, limit)
      : this.#statements.eventsOfSubject.all(row.id, filter.kind, filter.subject, sequence, notBeforeMs, limit);
  }

  /** What the query finds behind a sequence number. */
  #rest(row: ConnectionRow, { notBeforeMs, filter }: LogQuery, sequence: number): LogRest | undefined {
    const { earliestMs } = readEarliest(
      filter.subject === undefined
        ? this.#statements.earliestOfKind.get(row.id, filter.kind, sequence, notBeforeMs)
        : this.#statements.earliestOfSubject.get(row.id, filter.kind, filter.subject, sequence, notBeforeMs),
    );
    return earliestMs === null ? undefined : { earliestMs };
  }

  #contains(row: ConnectionRow, position: LogPosition): boolean {
    if (isHead(row, position)) return true;
    if (row.floor_sequence === position.sequence) return row.floor_mark === position.commitId;
    const event = this.#statements.commitIdOf.get(row.id, position.sequence);
    return event !== undefined && readCommitId(event).commitId === position.commitId;
  }

  /** The row of a connection never seen before; its log is empty, and its position has the first commit's id. */
  #insert(connectionId: string, { commitId, header, learnedAtMs }: Commit): ConnectionRow {
    this.#statements.insert.run(connectionId, commitId, commitId, header, learnedAtMs);
    const row = this.#find(connectionId);
    if (row === undefined) throw new Error('expected the row that was just written, got none');
    return row;
  }

  #write(before: ConnectionRow, commit: Commit): LogPosition {
    let head = { sequence: before.head_sequence, commitId: before.head_mark };
    for (const event of commit.events) {
      const sequence = head.sequence + 1;
      const { changes } = this.#statements.append.run(
        before.id,
        sequence,
        commit.commitId,
        event.key,
        event.kind,
        event.subject,
        event.occurredAtMs,
        commit.learnedAtMs,
        event.payload,
      );
      if (changes > 0) head = { sequence, commitId: commit.commitId };
    }
    for (const [id, value] of commit.changedRecords) this.#statements.putRecord.run(before.id, id, value);
    for (const id of commit.removedRecords) this.#statements.removeRecord.run(before.id, id);
    this.#statements.advance.run(
      commit.commitId,
      head.sequence,
      head.commitId,
      commit.header,
      commit.learnedAtMs,
      before.id,
    );
    return head;
  }
}
