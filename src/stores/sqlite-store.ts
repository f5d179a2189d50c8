import type Database from 'libsql';
import { LRUCache } from 'lru-cache';
import type { LogPosition } from '../engine/engine-event.js';
import type {
  Commit,
  EventStore,
  LogPage,
  LogPlace,
  LogQuery,
  LogState,
  PollTurn,
  Remembered,
} from '../engine/event-store.js';
import { StoreUnavailableError } from '../engine/event-store.js';
import { closeDatabase, inTransaction, openDatabase } from './open-database.js';
import {
  type ConnectionRow,
  prepareStatements,
  readConnection,
  readEvent,
  readMark,
  readRecord,
} from './sqlite-statements.js';

/** Says whose file it is (`file events.db` shows it). `check` writes it again, because that changes nothing. */
const applicationId = 0x50444353;
const maxRememberedRows = 20_000;

/** The embedded store: one SQLite database in one folder, which belongs to this process until `close`. */
export class SqliteStore implements EventStore {
  readonly #database: Database.Database;
  readonly #statements: ReturnType<typeof prepareStatements>;
  /** Rows as the database has them: nobody else writes it. Without, `npm run bench -- poll` makes a quarter fewer polls. */
  readonly #rows = new LRUCache<string, ConnectionRow>({ max: maxRememberedRows });

  /**
   * @throws {DatabaseInUseError} while another process, or another store of this one, has the folder
   * @throws {Error} if the folder cannot be used
   */
  constructor(folder: string) {
    this.#database = openDatabase(folder);
    this.#statements = prepareStatements(this.#database);
  }

  async load(connection: string): Promise<Remembered | undefined> {
    return this.#reporting(() => {
      const row = this.#find(connection);
      if (row === undefined) return undefined;
      const records = this.#statements.records.all(row.id).map(readRecord);
      return { ...stateOf(row), records: new Map(records.map(({ id, value }) => [id, value])) };
    });
  }

  async commit(connection: string, commit: Commit): Promise<LogPosition | undefined> {
    return this.#reporting(() => {
      try {
        return inTransaction(this.#database, () => {
          const known = this.#find(connection);
          if (known?.revision !== commit.expectedRevision) return undefined;
          return this.#write(known ?? this.#introduce(connection, commit), commit);
        });
      } finally {
        // Whether it was written or taken back.
        this.#rows.delete(connection);
      }
    });
  }

  async read(connection: string, query: LogQuery): Promise<LogPage | undefined> {
    return this.#reporting(() => {
      const row = this.#find(connection);
      if (row === undefined) return undefined;
      const { header, revision } = row;
      // The usual poll is of a host that has everything. A spread would take ten times as long.
      if (isHead(row, query.after)) return { revision, head: query.after, header, holds: true, events: [] };
      const events = this.#events(row, query).map(readEvent);
      return { ...stateOf(row), holds: this.#holds(row, query.after), events };
    });
  }

  async locate(connection: string, position?: LogPosition): Promise<LogPlace | undefined> {
    return this.#reporting(() => {
      const row = this.#find(connection);
      return row === undefined
        ? undefined
        : { ...stateOf(row), holds: position !== undefined && this.#holds(row, position) };
    });
  }

  async takeTurn(connection: string, forMs: number): Promise<PollTurn> {
    return this.#reporting(() => ({
      granted: true,
      nextInMs: forMs,
      revision: this.#find(connection)?.revision,
    }));
  }

  async postponeTurns(): Promise<void> {
    // Every turn belongs to the one process that there is, and it knows when to come back.
  }

  async trim(learnedBeforeMs: number): Promise<void> {
    this.#reporting(() => {
      this.#rows.clear();
      inTransaction(this.#database, () => {
        this.#statements.raiseFloors.run(learnedBeforeMs);
        this.#statements.trimEvents.run(learnedBeforeMs);
        this.#statements.trimConnections.run(learnedBeforeMs);
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

  #find(fingerprint: string): ConnectionRow | undefined {
    const known = this.#rows.get(fingerprint);
    if (known !== undefined) return known;
    const row = this.#statements.connection.get(fingerprint);
    if (row === undefined) return undefined;
    const found = readConnection(row);
    this.#rows.set(fingerprint, found);
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

  #events(row: ConnectionRow, { after: { sequence }, limit, notBeforeMs, watch }: LogQuery) {
    return watch.subject === undefined
      ? this.#statements.eventsOfKind.all(row.id, watch.kind, sequence, notBeforeMs, limit)
      : this.#statements.eventsOfSubject.all(row.id, watch.kind, watch.subject, sequence, notBeforeMs, limit);
  }

  #holds(row: ConnectionRow, position: LogPosition): boolean {
    if (isHead(row, position)) return true;
    if (row.floor_sequence === position.sequence) return row.floor_mark === position.mark;
    const event = this.#statements.markOf.get(row.id, position.sequence);
    return event !== undefined && readMark(event).mark === position.mark;
  }

  /** The row of a connection never seen before; its log is empty, and its position is the first commit's mark. */
  #introduce(fingerprint: string, { mark, header, learnedAtMs }: Commit): ConnectionRow {
    this.#statements.introduce.run(fingerprint, mark, mark, header, learnedAtMs);
    const row = this.#find(fingerprint);
    if (row === undefined) throw new Error('expected the row that was just written, got none');
    return row;
  }

  #write(before: ConnectionRow, commit: Commit): LogPosition {
    let head = { sequence: before.head_sequence, mark: before.head_mark };
    for (const event of commit.events) {
      const sequence = head.sequence + 1;
      const { changes } = this.#statements.append.run(
        before.id,
        sequence,
        commit.mark,
        event.key,
        event.kind,
        event.subject,
        event.occurredAtMs,
        commit.learnedAtMs,
        event.payload,
      );
      if (changes > 0) head = { sequence, mark: commit.mark };
    }
    for (const [id, value] of commit.changedRecords) this.#statements.putRecord.run(before.id, id, value);
    for (const id of commit.removedRecords) this.#statements.removeRecord.run(before.id, id);
    this.#statements.advance.run(commit.mark, head.sequence, head.mark, commit.header, commit.learnedAtMs, before.id);
    return head;
  }
}

function isHead(row: ConnectionRow, { sequence, mark }: LogPosition): boolean {
  return row.head_sequence === sequence && row.head_mark === mark;
}

function stateOf(row: ConnectionRow): LogState {
  return {
    revision: row.revision,
    head: { sequence: row.head_sequence, mark: row.head_mark },
    header: row.header,
  };
}
