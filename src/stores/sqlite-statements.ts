import type Database from 'libsql';
import Type from 'typebox';
import type { LogPosition, LogState } from '../engine/event-store.js';
import { rowReader } from './open-database.js';

export const readConnection = rowReader(
  Type.Object({
    id: Type.Number(),
    revision: Type.String(),
    floor_sequence: Type.Number(),
    floor_mark: Type.String(),
    head_sequence: Type.Number(),
    head_mark: Type.String(),
    header: Type.String(),
  }),
);
export const readRecord = rowReader(Type.Object({ id: Type.String(), value: Type.String() }));
export const readCommitId = rowReader(Type.Object({ commitId: Type.String() }));
export const readEvent = rowReader(
  Type.Object({ sequence: Type.Number(), commitId: Type.String(), payload: Type.String() }),
);

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
  };
}

/** Every statement of the embedded store, compiled once. */
export function prepareStatements(database: Database.Database) {
  const sql = (text: string) => database.prepare(text);
  const eventColumns = 'SELECT sequence, mark AS commitId, payload FROM event';
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
