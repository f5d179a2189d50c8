import type { EventKind } from './events.js';

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

/** A poll that has found nothing yet. */
export function noFindings(): PollFindings {
  return { kinds: [], late: [], failedNotes: 0, hasMore: false, dateMs: undefined };
}
