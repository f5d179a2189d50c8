import type Database from 'libsql';
import Type from 'typebox';
import type {
  Commit,
  EventStore,
  LocatedPosition,
  LogPage,
  LogPosition,
  LogQuery,
  LogState,
  PollLease,
  StoredSnapshot,
} from '../engine/event-store.js';
import { StoreUnavailableError } from '../engine/event-store.js';
import { type ConnectionRow, ConnectionRows } from './connection-rows.js';
import { inTransaction, openDatabase, rowReader } from './open-database.js';

const readRecord = rowReader(Type.Object({ id: Type.String(), value: Type.String() }));
const readCommitId = rowReader(Type.Object({ commitId: Type.String() }));
const readEvent = rowReader(Type.Object({ sequence: Type.Number(), commitId: Type.String(), payload: Type.String() }));

/** Says whose file it is (`file events.db` shows it); written again wherever something harmless is to be written. */
const applicationId = 0x50444353;

/**
 * The embedded store: one SQLite database in one folder, for one replica. Two processes on the same folder do no
 * harm, since commits are guarded by the last one's id, but each polls PagerDuty by itself.
 */
export class SqliteStore implements EventStore {
  readonly #database: Database.Database;
  readonly #connections: ConnectionRows;
  readonly #statements: ReturnType<typeof prepare>;

  /** @throws {Error} where the folder cannot be used */
  constructor(folder: string) {
    this.#database = openDatabase(folder);
    this.#connections = new ConnectionRows(this.#database);
    this.#statements = prepare(this.#database);
  }

  async load(connectionId: string): Promise<StoredSnapshot | undefined> {
    return this.#reporting(() => {
      const row = this.#connections.find(connectionId);
      if (row === undefined) return undefined;
      const records = this.#statements.records.all(row.id).map(readRecord);
      return { ...stateOf(row), records: new Map(records.map(({ id, value }) => [id, value])) };
    });
  }

  async commit(connectionId: string, commit: Commit): Promise<LogPosition | undefined> {
    return this.#reporting(() => {
      try {
        return inTransaction(this.#database, () => {
          const known = this.#connections.find(connectionId);
          if (known?.revision !== commit.expectedCommitId) return undefined;
          return this.#write(known ?? this.#insert(connectionId, commit), commit);
        });
      } finally {
        this.#connections.forget(connectionId);
      }
    });
  }

  async read(connectionId: string, query: LogQuery): Promise<LogPage | undefined> {
    return this.#reporting(() => {
      // The usual poll is of a host that has everything.
      const lately = this.#connections.findAsOfThisTurn(connectionId);
      if (lately !== undefined && isHead(lately, query.after)) {
        const { header, revision: commitId } = lately;
        return { commitId, head: query.after, header, contains: true, events: [] };
      }
      const row = this.#connections.find(connectionId);
      if (row === undefined) return undefined;
      const events = this.#events(row, query).map(readEvent);
      return { ...stateOf(row), contains: this.#contains(row, query.after), events };
    });
  }

  async locate(connectionId: string, position?: LogPosition): Promise<LocatedPosition | undefined> {
    return this.#reporting(() => {
      const row = this.#connections.find(connectionId);
      return row === undefined
        ? undefined
        : { ...stateOf(row), contains: position !== undefined && this.#contains(row, position) };
    });
  }

  async acquireLease(connectionId: string, forMs: number): Promise<PollLease> {
    return this.#reporting(() => ({
      granted: true,
      nextInMs: forMs,
      commitId: this.#connections.find(connectionId)?.revision,
    }));
  }

  async extendLease(): Promise<void> {
    // Every lease belongs to the one process that there is, and it knows when to come back.
  }

  async trim(learnedBeforeMs: number): Promise<void> {
    this.#reporting(() => {
      this.#connections.forgetAll();
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
    this.#database.close();
  }

  /** Does work of the database, and says what callers can understand where it fails: a full disk, say. */
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

  #contains(row: ConnectionRow, position: LogPosition): boolean {
    if (isHead(row, position)) return true;
    if (row.floor_sequence === position.sequence) return row.floor_mark === position.commitId;
    const event = this.#statements.commitIdOf.get(row.id, position.sequence);
    return event !== undefined && readCommitId(event).commitId === position.commitId;
  }

  /** The row of a connection never seen before; its log is empty, and its position has the first commit's id. */
  #insert(connectionId: string, { commitId, header, learnedAtMs }: Commit): ConnectionRow {
    this.#statements.insert.run(connectionId, commitId, commitId, header, learnedAtMs);
    const row = this.#connections.find(connectionId);
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

function isHead(row: ConnectionRow, { sequence, commitId }: LogPosition): boolean {
  return row.head_sequence === sequence && row.head_mark === commitId;
}

function stateOf(row: ConnectionRow): LogState {
  return {
    commitId: row.revision,
    head: { sequence: row.head_sequence, commitId: row.head_mark },
    header: row.header,
  };
}

function prepare(database: Database.Database) {
  const sql = (text: string) => database.prepare(text);
  const eventColumns = 'SELECT sequence, mark AS commitId, payload FROM event';
  return {
    insert: sql(
      'INSERT INTO connection (fingerprint, floor_sequence, floor_mark, head_sequence, head_mark, header, committed_at_ms) VALUES (?, 0, ?, 0, ?, ?, ?)',
    ),
    advance: sql(
      'UPDATE connection SET revision = ?, head_sequence = ?, head_mark = ?, header = ?, committed_at_ms = ? WHERE id = ?',
    ),
    records: sql('SELECT id, value FROM record WHERE connection = ?'),
    putRecord: sql('INSERT OR REPLACE INTO record (connection, id, value) VALUES (?, ?, ?)'),
    removeRecord: sql('DELETE FROM record WHERE connection = ? AND id = ?'),
    append: sql('INSERT OR IGNORE INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)'),
    eventsOfKind: sql(
      `${eventColumns} WHERE connection = ? AND kind = ? AND sequence > ? AND occurred_at_ms >= ? ORDER BY sequence LIMIT ?`,
    ),
    eventsOfSubject: sql(
      `${eventColumns} WHERE connection = ? AND kind = ? AND subject = ? AND sequence > ? AND occurred_at_ms >= ? ORDER BY sequence LIMIT ?`,
    ),
    commitIdOf: sql('SELECT mark AS commitId FROM event WHERE connection = ? AND sequence = ?'),
    // Bare columns beside max() are those of the row that has it: https://www.sqlite.org/lang_select.html#bareagg
    // A floor never sinks, and everything up to it goes: a clock that was set back must not leave holes in a log.
    raiseFloors: sql(`
      UPDATE connection SET floor_sequence = trimmed.sequence, floor_mark = trimmed.mark
      FROM (SELECT connection, max(sequence) AS sequence, mark FROM event WHERE learned_at_ms < ? GROUP BY connection)
        AS trimmed
      WHERE trimmed.connection = connection.id AND trimmed.sequence > connection.floor_sequence`),
    trimEvents: sql(`
      DELETE FROM event
      WHERE sequence <= (SELECT floor_sequence FROM connection WHERE connection.id = event.connection)
      AND connection IN (SELECT connection FROM event WHERE learned_at_ms < ?)`),
    trimConnections: sql('DELETE FROM connection WHERE committed_at_ms < ?'),
  };
}
