import type Database from 'libsql';
import Type from 'typebox';
import type { LoggedEvent, LogPosition } from '../engine/engine-event.js';
import type { Commit, EventStore, LogQuery, Remembered } from '../engine/event-store.js';
import { openDatabase } from './open-database.js';
import { rowReader } from './row-reader.js';

const readConnection = rowReader(
  Type.Object({
    id: Type.Number(),
    revision: Type.Number(),
    floor_sequence: Type.Number(),
    floor_mark: Type.String(),
    head_sequence: Type.Number(),
    head_mark: Type.String(),
    header: Type.String(),
  }),
);
const readRecord = rowReader(Type.Object({ id: Type.String(), value: Type.String() }));
const readMark = rowReader(Type.Object({ mark: Type.String() }));
const readEvent = rowReader(Type.Object({ sequence: Type.Number(), mark: Type.String(), payload: Type.String() }));

/**
 * The embedded store: one SQLite database in one folder, for one replica. Two processes on the same folder do no
 * harm, since commits are guarded by the revision, but each polls PagerDuty by itself.
 */
export class SqliteStore implements EventStore {
  readonly #database: Database.Database;
  readonly #statements: ReturnType<typeof prepare>;

  /** @throws {Error} where the folder cannot be used */
  constructor(folder: string) {
    this.#database = openDatabase(folder);
    this.#statements = prepare(this.#database);
  }

  async load(connection: string): Promise<Remembered | undefined> {
    const row = this.#connection(connection);
    if (row === undefined) return undefined;
    const records = this.#statements.records.all(row.id).map(readRecord);
    return {
      revision: row.revision,
      head: { sequence: row.head_sequence, mark: row.head_mark },
      header: row.header,
      records: new Map(records.map(({ id, value }) => [id, value])),
    };
  }

  async commit(connection: string, commit: Commit): Promise<Pick<Remembered, 'revision' | 'head'> | undefined> {
    return this.#database
      .transaction(() => {
        const known = this.#connection(connection);
        if ((known?.revision ?? 0) !== commit.expectedRevision) return undefined;
        return this.#write(known ?? this.#introduce(connection, commit), commit);
      })
      .immediate();
  }

  async read(connection: string, query: LogQuery): Promise<readonly LoggedEvent[]> {
    const row = this.#connection(connection);
    if (row === undefined) return [];
    const { after, limit, notBeforeMs, watch } = query;
    const rows =
      watch.subject === undefined
        ? this.#statements.eventsOfKind.all(row.id, watch.kind, after, notBeforeMs, limit)
        : this.#statements.eventsOfSubject.all(row.id, watch.kind, watch.subject, after, notBeforeMs, limit);
    return rows.map(readEvent);
  }

  async holds(connection: string, position: LogPosition): Promise<boolean> {
    const row = this.#connection(connection);
    if (row === undefined) return false;
    if (row.floor_sequence === position.sequence) return row.floor_mark === position.mark;
    const event = this.#statements.markOf.get(row.id, position.sequence);
    return event !== undefined && readMark(event).mark === position.mark;
  }

  async trim(learnedBeforeMs: number): Promise<void> {
    this.#database
      .transaction(() => {
        this.#statements.raiseFloors.run(learnedBeforeMs);
        this.#statements.trimEvents.run(learnedBeforeMs);
        this.#statements.trimConnections.run(learnedBeforeMs);
      })
      .immediate();
    this.#database.exec('PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE);');
  }

  async check(): Promise<void> {
    this.#database.transaction(() => undefined).immediate();
  }

  async close(): Promise<void> {
    this.#database.close();
  }

  #connection(fingerprint: string) {
    const row = this.#statements.connection.get(fingerprint);
    return row === undefined ? undefined : readConnection(row);
  }

  /** The row of a connection never seen before; its log is empty, and its position is the first commit's mark. */
  #introduce(fingerprint: string, { mark, header, learnedAtMs }: Commit) {
    this.#statements.introduce.run(fingerprint, mark, mark, header, learnedAtMs);
    return readConnection(this.#statements.connection.get(fingerprint));
  }

  #write(before: ReturnType<typeof readConnection>, commit: Commit): Pick<Remembered, 'revision' | 'head'> {
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
    const revision = before.revision + 1;
    this.#statements.advance.run(revision, head.sequence, head.mark, commit.header, commit.learnedAtMs, before.id);
    return { revision, head };
  }
}

function prepare(database: Database.Database) {
  const sql = (text: string) => database.prepare(text);
  const eventColumns = 'SELECT sequence, mark, payload FROM event';
  return {
    connection: sql('SELECT * FROM connection WHERE fingerprint = ?'),
    introduce: sql(
      'INSERT INTO connection (fingerprint, revision, floor_sequence, floor_mark, head_sequence, head_mark, header, committed_at_ms) VALUES (?, 0, 0, ?, 0, ?, ?, ?)',
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
    markOf: sql('SELECT mark FROM event WHERE connection = ? AND sequence = ?'),
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
