import { allowedLatenessMs } from './diff.js';
import type { PollResult } from './read-account.js';
import type { SnapshotHeader } from './snapshot.js';
import type { NotesToRead } from './watched-notes.js';

/** A key that may not read log entries is tried again after this long: somebody may have allowed it. */
const timelineRetryMs = 3_600_000;
/** If other processes have polled for longer than this, all watched notes are read, rather than the timeline. */
const maxCatchUpMs = 900_000;

/** What a process knows from its own polls of an account, beside the snapshot that it shares with others. */
export interface PollState {
  /** PagerDuty's clock less this process's, at its last poll; undefined before its first. */
  readonly serverAheadMs: number | undefined;
  /** Up to where this process has read the timeline; infinite before its first poll. The snapshot may be ahead. */
  readonly ownWatermarkMs: number;
  /** From when on hosts need the log, which begins later; infinite if none does. */
  readonly backfillRequestMs: number;
  /** When PagerDuty last refused this key the timeline, by this process's clock. */
  readonly timelineRefusedAtMs: number;
}

export const initialPollState: PollState = {
  serverAheadMs: undefined,
  ownWatermarkMs: Number.POSITIVE_INFINITY,
  backfillRequestMs: Number.POSITIVE_INFINITY,
  timelineRefusedAtMs: Number.NEGATIVE_INFINITY,
};

/** What a poll is to read. Times are by PagerDuty's clock. */
export interface PollPlan {
  /** Now, as well as it is known. */
  readonly serverNowMs: number;
  /** Nothing older is kept, and so nothing older is delivered. */
  readonly oldestMs: number;
  /** Everything that has happened since then is to be read. */
  readonly sinceMs: number;
  /** From when on the log is to be complete; undefined if it is to begin where it does. */
  readonly backfillToMs: number | undefined;
  /** The request that the poll fulfils. */
  readonly backfillRequestMs: number;
  /** False while it is known that the key may not read the timeline. */
  readonly tryTimeline: boolean;
  /** Which watched notes to read, if it is the timeline that is read: all, or those that its entries are about. */
  readonly notes: 'all' | 'from-entries';
}

/** PagerDuty's time, as well as it is known. `nowMs` is this process's. */
export function serverNowMs(state: PollState, header: SnapshotHeader | undefined, nowMs: number): number {
  return nowMs + (state.serverAheadMs ?? header?.serverAheadMs ?? 0);
}

/** Plans a poll. `header` is the snapshot's, undefined if there is no log yet. */
export function planPoll(
  state: PollState,
  input: {
    readonly nowMs: number;
    readonly header: SnapshotHeader | undefined;
    readonly hasWatchedNotes: boolean;
    readonly retentionMs: number;
  },
): PollPlan {
  const { header, nowMs } = input;
  const { backfillRequestMs, ownWatermarkMs, timelineRefusedAtMs } = state;
  const serverNow = serverNowMs(state, header, nowMs);
  const oldestMs = serverNow - input.retentionMs;
  const watermarkMs = Math.max(header?.watermarkMs ?? serverNow - allowedLatenessMs, oldestMs);
  const requestedMs = Math.max(backfillRequestMs, oldestMs);
  const backfillToMs = requestedMs < (header?.logStartMs ?? serverNow) ? requestedMs : undefined;
  // Another process has read past entries about notes that this one watches: they are read again, if it is worth it.
  const isFarBehind = watermarkMs - ownWatermarkMs > maxCatchUpMs;
  const notesFromMs = input.hasWatchedNotes && !isFarBehind ? ownWatermarkMs : watermarkMs;
  return {
    serverNowMs: serverNow,
    oldestMs,
    sinceMs: Math.min(watermarkMs, backfillToMs ?? watermarkMs, notesFromMs),
    backfillToMs,
    backfillRequestMs,
    tryTimeline: nowMs - timelineRefusedAtMs >= timelineRetryMs,
    notes: isFarBehind ? 'all' : 'from-entries',
  };
}

/** Which watched notes to read. Without entries to go by, it is all of them. */
export function notesToRead(plan: PollPlan, result: PollResult): NotesToRead {
  if (plan.notes === 'all' || result.source === 'lists') return { mode: 'all' };
  return { mode: 'from-entries', entries: result.entries };
}

/** A host needs the log from a time on. */
export function requestBackfill(state: PollState, sinceMs: number): PollState {
  return { ...state, backfillRequestMs: Math.min(state.backfillRequestMs, sinceMs) };
}

/** What is known once PagerDuty has answered, whatever becomes of the answer. */
export function afterRead(
  state: PollState,
  read: Pick<PollResult, 'serverTimeMs' | 'isTimelineRefused'>,
  nowMs: number,
): PollState & { readonly serverAheadMs: number } {
  return {
    ...state,
    serverAheadMs: read.serverTimeMs - nowMs,
    timelineRefusedAtMs: read.isTimelineRefused ? nowMs : state.timelineRefusedAtMs,
  };
}

/** What is known once the store has answered. A request that came during the poll is left to the next one. */
export function afterCommit(
  state: PollState,
  poll: { readonly plan: PollPlan; readonly serverTimeMs: number; readonly outcome: 'committed' | 'overtaken' },
): PollState {
  const isFulfilled = poll.outcome === 'committed' && state.backfillRequestMs === poll.plan.backfillRequestMs;
  return {
    ...state,
    ownWatermarkMs: poll.serverTimeMs - allowedLatenessMs,
    backfillRequestMs: isFulfilled ? Number.POSITIVE_INFINITY : state.backfillRequestMs,
  };
}
