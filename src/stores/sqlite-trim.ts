import type Database from 'libsql';
import Type from 'typebox';
import { rowReader } from './row-reader.js';
import { inTransaction, withoutDisk } from './transactions.js';

/** A slice is one turn of the event loop: with so many events, connections or pages it takes some ten milliseconds. */
const maxEventsPerSlice = 500;
const maxConnectionsPerSlice = 100;
const maxPagesPerSlice = 500;

/** When the last commit was, of a connection that is erased: before every other. */
const erasedAtMs = -1;

const readPart = rowReader(Type.Object({ connection: Type.Number(), floor: Type.Number(), sequence: Type.Number() }));
const readFree = rowReader(Type.Object({ freelist_count: Type.Number() }));

/** Every statement that removes, compiled once. */
export function prepareTrim(database: Database.Database) {
  const sql = (text: string) => database.prepare(text);
  return {
    // Those learned first are also first in their logs, unless a clock was set.
    old: sql(`
      SELECT connection.id AS connection, floor_sequence AS floor, max(old.sequence) AS sequence
      FROM (SELECT connection, sequence FROM event WHERE learned_at_ms < ? ORDER BY learned_at_ms LIMIT ?) AS old
      JOIN connection ON connection.id = old.connection
      GROUP BY connection.id`),
    // Of connections that are to be forgotten, whenever a clock says that their events were learned.
    forgotten: sql(`
      SELECT id AS connection, floor_sequence AS floor, head_sequence AS sequence FROM connection
      WHERE committed_at_ms < ? AND head_sequence > floor_sequence LIMIT ?`),
    // A floor never sinks.
    raiseFloor: sql(`
      UPDATE connection SET
        floor_sequence = ?2,
        floor_mark = (SELECT mark FROM event WHERE connection = ?1 AND sequence = ?2),
        trimmed_to_ms = max(
          trimmed_to_ms, (SELECT max(occurred_at_ms) FROM event WHERE connection = ?1 AND sequence <= ?2))
      WHERE id = ?1 AND floor_sequence < ?2`),
    removeEvents: sql('DELETE FROM event WHERE connection = ? AND sequence <= ?'),
    // A log without a name is nobody's, and is forgotten by the next trim at the latest.
    disown: sql(`
      UPDATE connection SET fingerprint = 'erased ' || id, header = '', committed_at_ms = ${erasedAtMs}
      WHERE fingerprint = ?`),
    // Once they have no more events.
    removeConnections: sql(`
      DELETE FROM connection WHERE id IN (
        SELECT id FROM connection WHERE committed_at_ms < ? AND head_sequence <= floor_sequence LIMIT ?)`),
    free: sql('PRAGMA freelist_count'),
  };
}

type TrimStatements = ReturnType<typeof prepareTrim>;

/** One slice of the work. Gives true if there may be more of it. */
export type TrimSlice = (db: TrimStatements, database: Database.Database) => boolean;

/**
 * What trimming does, one after the other, each until it has no more to do. Each slice is a transaction, after which
 * every log is whole: trimming may end behind any of them, and the next one goes on.
 */
export function trimSlices(learnedBeforeMs: number): readonly TrimSlice[] {
  return [(db) => removeParts(db, db.old.all(learnedBeforeMs, maxEventsPerSlice)), ...eraseSlices(learnedBeforeMs)];
}

/** What removes the connections that have had no commit since a time, and all that they have. Default: those erased. */
export function eraseSlices(committedBeforeMs = erasedAtMs + 1): readonly TrimSlice[] {
  return [
    (db) => removeParts(db, db.forgotten.all(committedBeforeMs, maxConnectionsPerSlice)),
    (db) => db.removeConnections.run(committedBeforeMs, maxConnectionsPerSlice).changes > 0,
  ];
}

/** A slice in a transaction. What is removed need not outlive a power cut: then it is removed again. */
export function inSlice(db: TrimStatements, database: Database.Database, slice: TrimSlice): boolean {
  let more = false;
  withoutDisk(database, () => {
    more = inTransaction(database, () => slice(db, database));
  });
  return more;
}

/** Gives space back to the disk. */
export const vacuum: TrimSlice = (db, database) => {
  database.exec(`PRAGMA incremental_vacuum(${maxPagesPerSlice})`);
  return readFree(db.free.get()).freelist_count > 0;
};

/**
 * Removes parts of logs, each from its floor up to a sequence number, at most so many events. Everything up to there goes,
 * whenever it was learned: a clock that was set back must not leave holes in a log.
 */
function removeParts(db: TrimStatements, rows: readonly unknown[]): boolean {
  let left = maxEventsPerSlice;
  for (const { connection, floor, sequence } of rows.map(readPart)) {
    if (left <= 0) break;
    const target = Math.min(sequence, floor + left);
    left -= target - floor;
    db.raiseFloor.run(connection, target);
    db.removeEvents.run(connection, target);
  }
  return rows.length > 0;
}
