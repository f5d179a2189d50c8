import { type Cursor, encodeCursor } from './cursor.js';
import type { LogPage, LogPosition } from './event-store.js';
import type { SnapshotHeader } from './snapshot.js';

/** A page is never longer: flow designers promise their users at most this many runs an answer. */
const maxPageEvents = 100;
/** One event more tells whether another page follows. */
export const pageLimit = maxPageEvents + 1;

/** A position that no log contains, before every event of any log. */
const beforeEverything: LogPosition = { sequence: 0, commitId: '' };

/** What was read at a cursor's position, and the header that goes with it; neither if there is no log. */
export interface LogAtCursor {
  readonly page: LogPage | undefined;
  readonly header: SnapshotHeader | undefined;
}

/** What a host's state comes to. */
export type ResolvedCursor =
  /** The log contains the position; the page is what lies behind it. */
  | { readonly kind: 'valid'; readonly cursor: Cursor; readonly log: LogAtCursor; readonly needsBackfill: boolean }
  /** The log is gone: the host goes on from its watermark, and the next poll reads that back from PagerDuty. */
  | { readonly kind: 'recovered'; readonly cursor: Cursor; readonly readBackMs: number }
  /** The host starts again from now. */
  | { readonly kind: 'restart'; readonly reason: 'unreadable' | 'expired' };

/**
 * Resolves a host's cursor against the log.
 */
export function resolveCursor(
  cursor: Cursor,
  log: LogAtCursor,
  { serverNowMs, retentionMs }: { readonly serverNowMs: number; readonly retentionMs: number },
): ResolvedCursor {
  const { page, header } = log;
  if (page?.contains === true) {
    return { kind: 'valid', cursor, log, needsBackfill: header !== undefined && cursor.sinceMs < header.logStartMs };
  }
  const readBackMs = serverNowMs - cursor.watermarkMs;
  if (readBackMs > retentionMs) return { kind: 'restart', reason: 'expired' };
  return {
    kind: 'recovered',
    cursor: { ...cursor, position: beforeEverything, sinceMs: cursor.watermarkMs },
    readBackMs,
  };
}

/** A page of events, and where a host that gets it stands. */
export interface HostPage {
  /** PagerDuty's objects, one an event, in log order. Empty: nothing new. */
  readonly payloads: readonly unknown[];
  /** Where the host stands now; what it must bring next time. */
  readonly state: string;
  /** True if more events wait behind this page. */
  readonly more: boolean;
}

/**
 * The page for a host that stands at a cursor.
 * @param options.state what the cursor was read from: the host keeps it while nothing is new, unless it grows too old.
 *   Undefined: the host needs another one.
 */
export function pageFor(
  cursor: Cursor,
  log: LogAtCursor,
  {
    state,
    nowMs,
    retentionMs,
  }: { readonly state: string | undefined; readonly nowMs: number; readonly retentionMs: number },
): HostPage {
  const found = log.page?.events ?? [];
  const events = found.slice(0, maxPageEvents);
  const more = found.length > events.length;
  const last = events.at(-1);
  // A flow that has polled all the time must never hear that its state is too old.
  const keepsState = state !== undefined && last === undefined && nowMs - cursor.watermarkMs <= retentionMs / 2;
  return {
    payloads: events.map(({ payload }): unknown => JSON.parse(payload)),
    state: keepsState ? state : encodeCursor(advanced(cursor, last ?? log.page?.head, more ? undefined : log.header)),
    more,
  };
}

/** Where a host stands that got everything up to `position`, and if there is a `header`, all that the log has. */
function advanced(cursor: Cursor, position: LogPosition | undefined, header: SnapshotHeader | undefined): Cursor {
  // What is still to come may have happened before what is here, while more waits or the log is to be read back.
  const isWhole = header !== undefined && header.logStartMs <= cursor.sinceMs;
  return {
    ...cursor,
    position: position ?? cursor.position,
    watermarkMs: isWhole ? Math.max(cursor.watermarkMs, header.watermarkMs) : cursor.watermarkMs,
  };
}
