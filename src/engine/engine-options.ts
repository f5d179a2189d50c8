import type { Clock } from '../clock/clock.js';
import type { HourCheck } from './canary.js';
import type { EventStore } from './event-store.js';
import type { EventKind } from './events.js';

/** What an engine is made of; all of its accounts share it. */
export interface EngineOptions {
  /** Where logs and snapshots are. */
  readonly store: EventStore;
  readonly clock: Clock;
  readonly observer: EngineObserver;
  /** Random text, different each time. */
  readonly newCommitId: () => string;
  /** A number from 0 up to 1. */
  readonly random: () => number;
  /** A connection is polled once in this time. */
  readonly pollIntervalMs: number;
  /** How long events are kept, and how old a host's state may be. */
  readonly retentionMs: number;
  /**
   * How many connections are kept in memory: those whose hosts polled longest ago go first.
   * @default 20_000
   */
  readonly maxAccounts?: number;
}

/** Hears what the engine does, for logs and metrics. */
export interface EngineObserver {
  /** A poll of PagerDuty ended. `failure` is there if it failed; the engine goes on with what it has. */
  polled(poll: {
    readonly connectionId: string;
    readonly durationMs: number;
    /** How long after it was due the poll began. */
    readonly lagMs: number;
    /** What was found, before a failure too; undefined if another process had the lease to poll. */
    readonly findings?: PollFindings | undefined;
    readonly failure?: unknown;
  }): void;
  /** PagerDuty's `Date` and this machine's clock differ by so much. Nothing goes by either: one of them is wrong. */
  clocksDiffer(clocks: { readonly connectionId: string; readonly dateAheadMs: number }): void;
  /** A host brought a state that cannot be read, is too old, or is of another account, and starts again from now. */
  restarted(restart: { readonly connectionId: string; readonly reason: RestartReason }): void;
  /** A host brought a position in a log that is gone, and goes on from its frontier: so far back, in milliseconds. */
  recovered(recovery: { readonly connectionId: string; readonly readBackMs: number }): void;
  /** A closed hour was compared with the log, or a part of it: what is missing goes into the log late. */
  canary(check: HourCheck & { readonly connectionId: string }): void;
}

/** What a poll came to. */
export interface PollFindings {
  /** The kinds of the events that are new in the log. */
  readonly kinds: EventKind[];
  /** The keys of those that PagerDuty listed late: they lie behind the frontier. */
  readonly late: string[];
  /** How many lists of notes could not be read. */
  failedNotes: number;
  /** True if there is more to read than one poll may. */
  hasMore: boolean;
  /** PagerDuty's latest `Date`: a poll may take long; undefined if it sent none. */
  dateMs: number | undefined;
}

/** Why a host starts again from now. */
export type RestartReason = 'unreadable' | 'expired' | 'other_account';
