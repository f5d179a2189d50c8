import type Database from 'libsql';
import { LRUCache } from 'lru-cache';
import type { Commit, LogPosition, LogQuery, LogRest, PageEvent } from '../engine/event-store.js';
import {
  type ConnectionRow,
  isHead,
  prepareStatements,
  readCommitId,
  readConnection,
  readEarliest,
  readEvent,
} from './sqlite-statements.js';

const maxRememberedRows = 20_000;

/** What logs are read and written with, as long as the database is the same. */
export function prepareLogs(database: Database.Database) {
  return {
    ...prepareStatements(database),
    database,
    /** Rows as the database has them: nobody else writes it. Without, `npm run bench -- poll` makes a quarter fewer polls. */
    rows: new LRUCache<string, ConnectionRow>({ max: maxRememberedRows }),
  };
}

export type Logs = ReturnType<typeof prepareLogs>;

/** A connection's row; undefined if it was never seen. */
export function findRow(db: Logs, connectionId: string): ConnectionRow | undefined {
  const known = db.rows.get(connectionId);
  if (known !== undefined) return known;
  const row = db.connection.get(connectionId);
  if (row === undefined) return undefined;
  const found = readConnection(row);
  db.rows.set(connectionId, found);
  return found;
}

/** The events of a page. */
export function eventsOf(
  db: Logs,
  row: ConnectionRow,
  { after: { sequence }, limit, notBeforeMs, filter }: LogQuery,
): readonly PageEvent[] {
  const events =
    filter.subject === undefined
      ? db.eventsOfKind.all(row.id, filter.kind, sequence, notBeforeMs, limit)
      : db.eventsOfSubject.all(row.id, filter.kind, filter.subject, sequence, notBeforeMs, limit);
  return events.map(readEvent);
}

/** What the query finds behind a sequence number. */
export function restOf(
  db: Logs,
  row: ConnectionRow,
  { notBeforeMs, filter }: LogQuery,
  sequence: number,
): LogRest | undefined {
  const { earliestMs } = readEarliest(
    filter.subject === undefined
      ? db.earliestOfKind.get(row.id, filter.kind, sequence, notBeforeMs)
      : db.earliestOfSubject.get(row.id, filter.kind, filter.subject, sequence, notBeforeMs),
  );
  return earliestMs === null ? undefined : { earliestMs };
}

/** Whether a connection's log contains a position. */
export function containsPosition(db: Logs, row: ConnectionRow, position: LogPosition): boolean {
  if (isHead(row, position)) return true;
  if (row.floor_sequence === position.sequence) return row.floor_mark === position.commitId;
  const event = db.commitIdOf.get(row.id, position.sequence);
  return event !== undefined && readCommitId(event).commitId === position.commitId;
}

/** The row of a connection never seen before; its log is empty, and its position has the first commit's id. */
export function insertRow(db: Logs, connectionId: string, { commitId, header, learnedAtMs }: Commit): ConnectionRow {
  db.insert.run(connectionId, commitId, commitId, header, learnedAtMs);
  const row = findRow(db, connectionId);
  if (row === undefined) throw new Error('expected the row that was just written, got none');
  return row;
}

/** Writes a commit into a log; gives the log's new end. */
export function writeCommit(db: Logs, before: ConnectionRow, commit: Commit): LogPosition {
  let head = { sequence: before.head_sequence, commitId: before.head_mark };
  for (const event of commit.events) {
    const sequence = head.sequence + 1;
    const { changes } = db.append.run(
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
  for (const [id, value] of commit.changedRecords) db.putRecord.run(before.id, id, value);
  for (const id of commit.removedRecords) db.removeRecord.run(before.id, id);
  db.advance.run(commit.commitId, head.sequence, head.commitId, commit.header, commit.learnedAtMs, before.id);
  return head;
}
