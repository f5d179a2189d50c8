import type { Watch } from '../triggers/watch.js';
import type { EngineEvent, LoggedEvent, LogPosition } from './engine-event.js';

/** What the store keeps of a connection beside its events. */
export interface Remembered {
  /** Counts the commits, so that a poll that was overtaken is noticed. */
  readonly revision: number;
  /** The end of the log. */
  readonly head: LogPosition;
  /** The engine's own notes, as JSON. */
  readonly header: string;
  /** The snapshot: the engine's record of each incident it knows, as JSON, by id. */
  readonly records: ReadonlyMap<string, string>;
}

/** What a poll came to. It is written whole or not at all. */
export interface Commit {
  /** The revision that the poll started from; 0 for a connection that was not there. */
  readonly expectedRevision: number;
  /** Random; see `LogPosition`. */
  readonly mark: string;
  readonly header: string;
  readonly changedRecords: ReadonlyMap<string, string>;
  readonly removedRecords: readonly string[];
  /** In the order in which they go into the log. One whose key is in the log already is left out. */
  readonly events: readonly EngineEvent[];
  /** When the engine learned of them, by its own clock: retention counts from here. */
  readonly learnedAtMs: number;
}

/** Which part of a log to read. */
export interface LogQuery {
  readonly watch: Watch;
  readonly after: number;
  /** Events that happened before this are left out. */
  readonly notBeforeMs: number;
  readonly limit: number;
}

/**
 * Where the engine keeps a connection's snapshot and event log. Connections are named by fingerprint; no method
 * ever sees a key. Every store passes the same contract tests.
 */
export interface EventStore {
  /** What is remembered of a connection, or undefined for one never seen. */
  load(connection: string): Promise<Remembered | undefined>;
  /**
   * Writes a commit if nobody else has written since `expectedRevision`.
   * @returns the connection's new revision and head, or undefined if the commit was overtaken and not written
   */
  commit(connection: string, commit: Commit): Promise<Pick<Remembered, 'revision' | 'head'> | undefined>;
  /** Events in log order. */
  read(connection: string, query: LogQuery): Promise<readonly LoggedEvent[]>;
  /** Whether the position lies in this log as it is now. */
  holds(connection: string, position: LogPosition): Promise<boolean>;
  /**
   * Removes events learned before a time, and forgets connections that have had no commit since then. A position in
   * front of a removed event is no longer held; one behind the last removed event still is.
   */
  trim(learnedBeforeMs: number): Promise<void>;
  /** Does nothing if the store can be written. @throws {Error} if not */
  check(): Promise<void>;
  close(): Promise<void>;
}
