import type Database from 'libsql';
import Type from 'typebox';
import type { LogPage, LogPosition, LogState } from '../engine/event-store.js';
import { rowReader } from './row-reader.js';

export const readConnection = rowReader(
  Type.Object({
    id: Type.Number(),
    revision: Type.String(),
    floor_sequence: Type.Number(),
    floor_mark: Type.String(),
    head_sequence: Type.Number(),
    head_mark: Type.String(),
    header: Type.String(),
    trimmed_to_ms: Type.Number(),
  }),
);
export const readRecord = rowReader(Type.Object({ id: Type.String(), value: Type.String() }));
export const readCommitId = rowReader(Type.Object({ commitId: Type.String() }));
export const readEvent = rowReader(
  Type.Object({
    sequence: Type.Number(),
    commitId: Type.String(),
    key: Type.String(),
    occurredAtMs: Type.Number(),
    payload: Type.String(),
  }),
);
export const readEarliest = rowReader(Type.Object({ earliestMs: Type.Union([Type.Null(), Type.Number()]) }));
export const readIndex = rowReader(Type.Object({ place: Type.Number() }));

/** A connection's row, as the embedded database has it. */
export type ConnectionRow = ReturnType<typeof readConnection>;

/** Whether a position is the end of a connection's log. */
export function isHead(row: ConnectionRow, { sequence, commitId }: LogPosition): boolean {
  return row.head_sequence === sequence && row.head_mark === commitId;
}

/** The state of a connection's log. */
export function stateOf(row: ConnectionRow): LogState {
  return {
    commitId: row.revision,
    head: { sequence: row.head_sequence, commitId: row.head_mark },
    header: row.header,
    trimmedToMs: row.trimmed_to_ms,
  };
}

/** A page of a connection's log. Each field is named, as spreading costs 4 µs a poll (`npm run bench -- poll`). */
export function pageOf(row: ConnectionRow, { contains, events, rest }: Omit<LogPage, keyof LogState>): LogPage {
  const { commitId, head, header, trimmedToMs } = stateOf(row);
  return { commitId, head, header, trimmedToMs, contains, events, rest };
}

/** Every statement of the embedded store, compiled once. */
export function prepareStatements(database: Database.Database) {
  const sql = (text: string) => database.prepare(text);
  const eventColumns = 'SELECT sequence, mark AS commitId, key, occurred_at_ms AS occurredAtMs, payload FROM event';
  const earliest = 'SELECT min(occurred_at_ms) AS earliestMs FROM event';
  const ofKind = 'WHERE connection = ? AND kind = ? AND sequence > ? AND occurred_at_ms >= ?';
  const ofSubject = 'WHERE connection = ? AND kind = ? AND subject = ? AND sequence > ? AND occurred_at_ms >= ?';
  return {
    connection: sql('SELECT * FROM connection WHERE fingerprint = ?'),
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
    eventsOfKind: sql(`${eventColumns} ${ofKind} ORDER BY sequence LIMIT ?`),
    eventsOfSubject: sql(`${eventColumns} ${ofSubject} ORDER BY sequence LIMIT ?`),
    earliestOfKind: sql(`${earliest} ${ofKind}`),
    earliestOfSubject: sql(`${earliest} ${ofSubject}`),
    // Places in the list rather than keys: what comes back need not be a text that SQLite has had in its hands.
    unlogged: sql(`
      SELECT wanted.key AS place FROM json_each(?) AS wanted
      WHERE NOT EXISTS (SELECT 1 FROM event WHERE event.connection = ? AND event.key = wanted.value)`),
    commitIdOf: sql('SELECT mark AS commitId FROM event WHERE connection = ? AND sequence = ?'),
    acceptedKey: sql('SELECT 1 FROM accepted_key WHERE id = ?'),
    putAcceptedKey: sql('INSERT OR REPLACE INTO accepted_key VALUES (?, ?)'),
    trimAcceptedKeys: sql('DELETE FROM accepted_key WHERE accepted_at_ms < ?'),
  };
}
