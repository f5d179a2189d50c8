import { type Source, startOfSecond } from './events.js';
import { afterReading, allowedLatenessMs, type Evidence, settledMs } from './evidence.js';
import { atPoll, initialPace, type Pace } from './pace.js';
import { frontierMs, type SnapshotHeader } from './snapshot.js';

/** A reading of a part of the past that is done again, in slices, over some polls. */
export interface Sweep {
  /** How far it has come. */
  readonly readToMs: number;
  readonly untilMs: number;
  readonly widthMs: number;
}

/**
 * How often, and how deep, the past is read again for what PagerDuty lists late: the deeper, the rarer. The last one is
 * of the whole retention, once a day.
 */
const sweepLevels = [
  { everyPolls: 5, latenessMs: 15 * 60_000 },
  { everyPolls: 20, latenessMs: 3 * 3_600_000 },
] as const;
const dayMs = 24 * 3_600_000;
/** A process that has just begun has other things to do. */
const firstFullSweepMs = 3_600_000;
/** A key that may not read log entries is tried again after one poll, then 2, 4 … and at the least so often. */
const maxTimelineRetryMs = 3_600_000;
/** If other processes have polled for longer than this, all watched notes are read, rather than the timeline. */
const maxCatchUpMs = 900_000;

/** What a process knows from its own polls of an account, beside the snapshot that it shares with others. */
export interface PollState {
  readonly pace: Pace;
  readonly evidence: Readonly<Record<Source, Evidence | undefined>>;
  /** How much of the past the next slice takes, at the tip and of what is read back; infinite: all that there is. */
  readonly tipWidthMs: number;
  readonly backfillWidthMs: number;
  /** How far this process has read the timeline; infinite before its first poll. The snapshot may be ahead. */
  readonly ownFrontierMs: number;
  /** From when on hosts need the log, which begins later; infinite if none does. */
  readonly backfillRequestMs: number;
  readonly polls: number;
  /** The sweeps under way, by level. */
  readonly sweeps: readonly (Sweep | undefined)[];
  readonly fullSweepAtMs: number;
  /** How often in a row PagerDuty has refused this key the timeline, since when, and when it is tried again. */
  readonly refusals: number;
  readonly refusedSinceMs: number;
  readonly timelineRetryAtMs: number;
}

/** The state of a process that has not polled yet. All its moments are of the monotonic clock. */
export function initialPollState(monotonicMs: number): PollState {
  return {
    pace: initialPace(monotonicMs),
    evidence: { timeline: undefined, lists: undefined },
    tipWidthMs: Number.POSITIVE_INFINITY,
    backfillWidthMs: Number.POSITIVE_INFINITY,
    ownFrontierMs: Number.POSITIVE_INFINITY,
    backfillRequestMs: Number.POSITIVE_INFINITY,
    polls: 0,
    sweeps: [],
    fullSweepAtMs: monotonicMs + firstFullSweepMs,
    refusals: 0,
    refusedSinceMs: 0,
    timelineRetryAtMs: 0,
  };
}

/** A poll begins. */
export function beginPoll(state: PollState, monotonicMs: number): PollState {
  return { ...state, polls: state.polls + 1, pace: atPoll(state.pace, monotonicMs) };
}

/** Something was read of a source. */
export function afterRead(
  state: PollState,
  read: { readonly source: Source; readonly newestMs: number | undefined; readonly monotonicMs: number },
): PollState {
  const { source, newestMs, monotonicMs } = read;
  const evidence = { ...state.evidence, [source]: afterReading(state.evidence[source], newestMs, monotonicMs) };
  return { ...state, evidence };
}

/**
 * How far a source has been read, if a reading of it up to the present began at `monotonicMs`.
 * @param presentMs what clocks say: what is dated later does not count yet
 */
export function readToMs({ evidence }: PollState, source: Source, monotonicMs: number, presentMs: number): number {
  const seen = evidence[source];
  if (seen === undefined) return Number.NEGATIVE_INFINITY;
  const settled = settledMs(seen, monotonicMs, allowedLatenessMs);
  return Math.min(settled, presentMs - allowedLatenessMs);
}

/** The end of the slice that begins at `fromMs`; undefined: the present. */
export function sliceEnd(fromMs: number, widthMs: number, knownEndMs: number): number | undefined {
  const endMs = startOfSecond(fromMs + widthMs);
  return endMs >= knownEndMs ? undefined : Math.max(endMs, fromMs + 1_000);
}

/** A host needs the log from a time on. */
export function requestBackfill(state: PollState, sinceMs: number): PollState {
  return { ...state, backfillRequestMs: Math.min(state.backfillRequestMs, sinceMs) };
}

/** From when on the timeline is to be read, and whether its entries tell which of the watched notes to read. */
export function tipStart(
  { ownFrontierMs }: PollState,
  header: SnapshotHeader,
  hasWatchedNotes: boolean,
): { readonly fromMs: number; readonly notes: 'all' | 'from-entries' } {
  const fromMs = header.timelineMs ?? frontierMs(header);
  // Another process has read past entries about notes that this one watches: they are read again, if it is worth it.
  if (!hasWatchedNotes || ownFrontierMs >= fromMs) return { fromMs, notes: 'from-entries' };
  if (fromMs - ownFrontierMs > maxCatchUpMs) return { fromMs, notes: 'all' };
  return { fromMs: ownFrontierMs, notes: 'from-entries' };
}

/** Begins the sweeps that are due, of what lies before the frontier and behind the log's start. */
export function beginSweeps(
  state: PollState,
  header: SnapshotHeader,
  { source, monotonicMs, retentionMs }: { source: Source; monotonicMs: number; retentionMs: number },
): PollState {
  // A process that has seen nothing yet has what others saw before it, if there was anything.
  const others = header.newestMs > header.logStartMs ? { newestMs: header.newestMs, seenAtMs: monotonicMs } : undefined;
  const seen = state.evidence[source] ?? others;
  if (seen === undefined) return state;
  const untilMs = frontierMs(header);
  const isFullDue = monotonicMs >= state.fullSweepAtMs;
  const levels = [
    ...sweepLevels.map(({ everyPolls, latenessMs }) => ({ isDue: state.polls % everyPolls === 0, latenessMs })),
    { isDue: isFullDue, latenessMs: retentionMs },
  ];
  const sweeps = levels.map(({ isDue, latenessMs }, level) => {
    const running = state.sweeps[level];
    if (running !== undefined || !isDue) return running;
    // What is settled for so late a listing is not read again: if nothing happens, a sweep soon has nothing to do.
    const fromMs = Math.max(header.logStartMs, settledMs(seen, monotonicMs, latenessMs));
    return fromMs < untilMs ? { readToMs: fromMs, untilMs, widthMs: Number.POSITIVE_INFINITY } : undefined;
  });
  const evidence = { ...state.evidence, [source]: seen };
  return { ...state, evidence, sweeps, fullSweepAtMs: isFullDue ? monotonicMs + dayMs : state.fullSweepAtMs };
}

/** A sweep has come so far, or has ended. */
export function afterSweep(state: PollState, level: number, sweep: Sweep | undefined): PollState {
  return { ...state, sweeps: state.sweeps.with(level, sweep) };
}

/** PagerDuty refuses this key the timeline. */
export function afterRefusal(state: PollState, monotonicMs: number, pollIntervalMs: number): PollState {
  const waitMs = Math.min(maxTimelineRetryMs, pollIntervalMs * (2 ** state.refusals - 0.5));
  return {
    ...state,
    refusals: state.refusals + 1,
    refusedSinceMs: state.refusals === 0 ? monotonicMs : state.refusedSinceMs,
    timelineRetryAtMs: monotonicMs + waitMs,
  };
}

/** The timeline has answered. */
export function afterTimeline(state: PollState): PollState {
  return { ...state, refusals: 0, timelineRetryAtMs: 0 };
}

/** Whether the timeline has been refused for so long that nobody expects it back: the lists have to do. */
export function isTimelineGone({ refusals, refusedSinceMs }: PollState, monotonicMs: number): boolean {
  return refusals > 0 && monotonicMs - refusedSinceMs > dayMs;
}
