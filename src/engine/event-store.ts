import { ServiceError } from '../errors/service-error.js';
import type { EngineEvent, LoggedEvent, LogPosition, Watch } from './engine-event.js';

/** A connection's log as it is at one moment. */
export interface LogState {
  /** The mark of the last commit. Random, so that two stores, or two lives of one, never agree by chance. */
  readonly revision: string;
  /** The end of the log. */
  readonly head: LogPosition;
  /** The engine's own notes, as JSON. */
  readonly header: string;
}

/** What the store keeps of a connection beside its events. */
export interface Remembered extends LogState {
  /** The snapshot: the engine's record of each happening it knows, as JSON, by key. */
  readonly records: ReadonlyMap<string, string>;
}

/** What a poll came to. It is written whole or not at all. */
export interface Commit {
  /** The revision that the poll started from; undefined for a connection that was not there. */
  readonly expectedRevision: string | undefined;
  /** Random; see `LogPosition`. It becomes the revision. */
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
  /** Events up to here are left out, whether or not the log holds the position. */
  readonly after: LogPosition;
  /** Events that happened before this are left out. */
  readonly notBeforeMs: number;
  readonly limit: number;
}

/** A position's place in a log, and the log's state at the same moment. */
export interface LogPlace extends LogState {
  /** Whether the position lies in the log: in front of, between or behind events that are still there. */
  readonly holds: boolean;
}

/** Part of a log, and the place of the position that it was read from. */
export interface LogPage extends LogPlace {
  /** In log order. */
  readonly events: readonly LoggedEvent[];
}

/** Whether a process may poll PagerDuty for a connection now. */
export interface PollTurn {
  readonly granted: boolean;
  /** When to ask for the next turn, in milliseconds from now. */
  readonly nextInMs: number;
  /** The revision of the connection's log; undefined where there is none. */
  readonly revision: string | undefined;
}

/**
 * Where the engine keeps a connection's snapshot and event log. Connections are named by fingerprint; no method
 * ever sees a key. Every store passes the same contract tests.
 *
 * Each method rejects with a `StoreUnavailableError` where the store fails; nothing is half written then.
 */
export interface EventStore {
  /** What is remembered of a connection, or undefined for one never seen. */
  load(connection: string): Promise<Remembered | undefined>;
  /**
   * Writes a commit if nobody else has written since `expectedRevision`.
   * @returns the log's new end, or undefined if the commit was overtaken and not written
   */
  commit(connection: string, commit: Commit): Promise<LogPosition | undefined>;
  /** Events, and the log's state at the same moment; undefined for a connection never seen. */
  read(connection: string, query: LogQuery): Promise<LogPage | undefined>;
  /** The log's state, and whether a position lies in it; undefined for a connection never seen. */
  locate(connection: string, position?: LogPosition): Promise<LogPlace | undefined>;
  /**
   * Asks for the turn to poll PagerDuty. A store that several processes share grants one turn in `forMs`; a store
   * that belongs to one process grants every turn.
   */
  takeTurn(connection: string, forMs: number): Promise<PollTurn>;
  /** Grants nobody a turn for so long from now: PagerDuty wants to be left alone. */
  postponeTurns(connection: string, forMs: number): Promise<void>;
  /**
   * Removes events learned before a time, and forgets connections that have had no commit since then. A position in
   * front of a removed event is no longer held; one behind the last removed event still is.
   */
  trim(learnedBeforeMs: number): Promise<void>;
  /** Does nothing if the store can be written. @throws {Error} if not */
  check(): Promise<void>;
  close(): Promise<void>;
}

const retryAfterMs = 5_000;

/** The event store could not be read or written. Nothing is lost: hosts come back with the state they have. */
export class StoreUnavailableError extends ServiceError {
  constructor(cause: unknown) {
    super({
      code: 'store_unavailable',
      statusCode: 503,
      message: 'The event store of this service does not answer. Nothing is lost: poll again after Retry-After.',
      retryAfterMs,
      cause,
    });
  }
}
