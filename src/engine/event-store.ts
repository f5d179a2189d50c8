import { ServiceError } from '../errors/service-error.js';
import type { EventFilter, LoggedEvent } from './events.js';

/**
 * A position in a connection's log: behind the event with this sequence number, which came with this commit. Commit ids
 * are random. So a position in a log that was lost, or restored from an older copy and then written on, is recognised as
 * foreign, even if its sequence number exists again.
 */
export interface LogPosition {
  /** Of the event in front: from 1, without gaps, in the order in which the engine learned of events. 0: of none. */
  readonly sequence: number;
  readonly commitId: string;
}

/** An event on a page of the log, and the position behind it. */
export interface PageEvent extends LogPosition {
  readonly key: string;
  readonly occurredAtMs: number;
  readonly payload: string;
}

/** A connection's log as it is at one moment. */
export interface LogState {
  /** The id of the last commit, with events or without. Two stores, or two lives of one, never agree by chance. */
  readonly commitId: string;
  /** The end of the log. */
  readonly head: LogPosition;
  /** The header of the engine's snapshot, as JSON. */
  readonly header: string;
  /**
   * The latest time at which a removed event happened; 0 while `trim` has removed none. What happened up to then may be
   * gone. It never sinks.
   */
  readonly trimmedToMs: number;
}

/** A connection's snapshot as the store has it, with the log's state at the same moment. */
export interface StoredSnapshot extends LogState {
  /** The engine's record of each event it knows, as JSON, by key. */
  readonly records: ReadonlyMap<string, string>;
}

/** What a poll came to. It is written whole or not at all. */
export interface Commit {
  /** The commit that the poll started from; undefined for a connection that was not there. */
  readonly expectedCommitId: string | undefined;
  /** Random; see `LogPosition`. */
  readonly commitId: string;
  readonly header: string;
  readonly changedRecords: ReadonlyMap<string, string>;
  readonly removedRecords: readonly string[];
  /** In the order in which they go into the log. One whose key is in the log already is left out. */
  readonly events: readonly LoggedEvent[];
  /** When the engine learned of them, by its own clock: retention counts from here. */
  readonly learnedAtMs: number;
}

/** Which part of a log to read. */
export interface LogQuery {
  readonly filter: EventFilter;
  /** Events up to here are left out, whether or not the log contains the position. */
  readonly after: LogPosition;
  /** Events that happened before this are left out. */
  readonly notBeforeMs: number;
  /** How many events the page has at most. */
  readonly limit: number;
}

/** The log's state, and whether it contains a position. */
export interface LocatedPosition extends LogState {
  /** True if the position lies in front of, between or behind events that are still there. */
  readonly contains: boolean;
}

/** Part of a log, and whether the log contains the position that it was read from. */
export interface LogPage extends LocatedPosition {
  /** In log order. */
  readonly events: readonly PageEvent[];
  /** What the query finds behind the page's last event; undefined if that is nothing. */
  readonly rest: LogRest | undefined;
}

/** Events that wait behind a page. */
export interface LogRest {
  /** None of them happened before this. It is `notBeforeMs` of the query if they are too many to look at all of them. */
  readonly earliestMs: number;
}

/** Whether a process may poll PagerDuty for a connection now. */
export interface PollLease {
  readonly granted: boolean;
  /** When to ask for the next lease, in milliseconds from now. */
  readonly nextInMs: number;
  /** The id of the last commit to the connection's log; undefined if there is no log. */
  readonly commitId: string | undefined;
}

/**
 * Where the engine keeps a connection's snapshot and event log. Connections are named by id, which is a hash: no
 * method ever sees a key. Every store passes the same contract tests.
 *
 * Each method rejects with a `StoreUnavailableError` if the store fails; nothing is half written then.
 */
export interface EventStore {
  /** A connection's snapshot, or undefined for a connection never seen. */
  load(connectionId: string): Promise<StoredSnapshot | undefined>;
  /**
   * Writes a commit if nobody else has written since `expectedCommitId`.
   * @returns the log's new end, or undefined if the commit was overtaken and not written
   */
  commit(connectionId: string, commit: Commit): Promise<LogPosition | undefined>;
  /** Events, and the log's state at the same moment; undefined for a connection never seen. */
  read(connectionId: string, query: LogQuery): Promise<LogPage | undefined>;
  /** The log's state, and whether it contains a position; undefined for a connection never seen. */
  locate(connectionId: string, position?: LogPosition): Promise<LocatedPosition | undefined>;
  /**
   * Which of these keys no event of the log has: all of them for a connection never seen. A key of a removed event is
   * among them. For some thousands of keys at a time.
   */
  unlogged(connectionId: string, keys: readonly string[]): Promise<ReadonlySet<string>>;
  /**
   * Asks for the lease to poll PagerDuty. It is granted once in `forMs`, over all processes that share the store, and
   * over the lives of one: a connection need not have a log. No clock that is set, of whatever machine, makes a lease
   * last for longer than its length from the next question on.
   */
  acquireLease(connectionId: string, forMs: number): Promise<PollLease>;
  /** Grants nobody a lease for so long from now: PagerDuty wants to be left alone. */
  extendLease(connectionId: string, forMs: number): Promise<void>;
  /** Whether PagerDuty has accepted a key, which its id names: see `rememberAccepted`. */
  isAccepted(id: string): Promise<boolean>;
  /** Remembers that PagerDuty has accepted a key, at least until it is trimmed. The id is a hash, as a connection's is. */
  rememberAccepted(id: string): Promise<void>;
  /**
   * Removes events learned before a time, and forgets connections that have had no commit, and keys that were not accepted, since then. The log no longer
   * contains a position in front of a removed event; it still contains the one behind the last removed event.
   */
  trim(learnedBeforeMs: number): Promise<void>;
  /**
   * Forgets a connection's log and snapshot, for all processes at once, and removes them. Its lease stays until it runs
   * out: whoever erases and polls again and again polls no more often than others.
   */
  erase(connectionId: string): Promise<void>;
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
