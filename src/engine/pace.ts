/**
 * How fast the past is read. A poll reads it in slices, and the slices adapt to what PagerDuty can give: fewer records a
 * page after a slow or failed one, a shorter span after one that was too full, fewer calls a minute after a 429.
 */
export interface Pace {
  /** Records a page. */
  readonly limit: number;
  /** How many calls may be made now. A slice that was begun is read to its end, so it may be below zero. */
  readonly calls: number;
  readonly callsPerMinute: number;
  /** Up to when `calls` counts, by the monotonic clock. */
  readonly countedAtMs: number;
}

/** What is documented: a third of the 960 calls a minute that PagerDuty allows a key. The rest is for actions. */
export const maxCallsPerMinute = 320;
const minCallsPerMinute = 20;
/** How many calls may be saved up. */
const maxSavedCalls = 60;
const maxLimit = 100;
const minLimit = 5;
/** A page that takes longer than this is too large for PagerDuty; the deadline of a call is 10 s. */
const slowPageMs = 5_000;
const fastPageMs = 2_000;
/** PagerDuty dates to whole seconds: a shorter span cannot be asked for. */
const minWidthMs = 1_000;
/** If PagerDuty cannot answer a question about all that there is, it is asked about so much. */
const maxWidthAfterFailureMs = 900_000;

export function initialPace(monotonicMs: number): Pace {
  return {
    limit: maxLimit,
    calls: maxSavedCalls,
    callsPerMinute: maxCallsPerMinute,
    countedAtMs: monotonicMs,
  };
}

/** The pace when a poll begins: what the time since has brought. The rate recovers, by a tenth a poll. */
export function atPoll(pace: Pace, monotonicMs: number): Pace {
  const { callsPerMinute, countedAtMs } = pace;
  const calls = Math.min(maxSavedCalls, pace.calls + ((monotonicMs - countedAtMs) / 60_000) * callsPerMinute);
  return {
    ...pace,
    calls,
    callsPerMinute: Math.min(maxCallsPerMinute, callsPerMinute * 1.1),
    countedAtMs: monotonicMs,
  };
}

/** A call was answered. */
export function afterPage(pace: Pace, page: { readonly tookMs: number; readonly isFull: boolean }): Pace {
  const calls = pace.calls - 1;
  if (page.tookMs > slowPageMs) return { ...pace, calls, limit: Math.max(minLimit, Math.floor(pace.limit / 2)) };
  if (page.isFull && page.tookMs < fastPageMs) return { ...pace, calls, limit: Math.min(maxLimit, pace.limit * 2) };
  return { ...pace, calls };
}

/**
 * A page was read that had to be made shorter, or not: it was `wanted` as long as that, and got as long as `asked` at last,
 * after so many calls.
 */
export function afterShortened(
  pace: Pace,
  page: {
    readonly wanted: number;
    readonly asked: number;
    readonly calls: number;
    readonly tookMs: number;
    readonly received: number;
  },
): Pace {
  const { wanted, asked, calls, tookMs, received } = page;
  const isCut = asked < wanted;
  // A page that was to be short says nothing of how long one may be.
  const isFull = !isCut && received >= pace.limit;
  const counted = { ...pace, calls: pace.calls - (calls - 1), limit: isCut ? asked : pace.limit };
  return afterPage(counted, { tookMs, isFull });
}

/**
 * How much of the past the next slice takes, after one.
 * @param slice `readMs`: how much of the past was read, whole or not. `quietMs`: after a slice without entries, how long
 * it is to where too many are known to be. Half of that costs one call if it is empty, and else halves what is to be searched.
 */
export function widthAfterSlice(
  widthMs: number,
  slice: { readonly isWhole: boolean; readonly readMs: number; readonly pages: number; readonly quietMs?: number },
): number {
  if (!slice.isWhole) return Math.max(minWidthMs, Math.floor(slice.readMs * 0.8));
  const { quietMs = 0 } = slice;
  if (quietMs > 0) return Math.max(minWidthMs, quietMs / 2);
  return slice.pages > 2 ? widthMs : widthMs * 2;
}

/** How much of the past the next slice takes, after one that failed. */
export function widthAfterFailure(widthMs: number): number {
  return Math.max(minWidthMs, Math.min(maxWidthAfterFailureMs, widthMs / 2));
}

/** A call failed, and with it the poll. */
export function afterFailure(pace: Pace, isRateLimited: boolean): Pace {
  if (isRateLimited) {
    return { ...pace, calls: 0, callsPerMinute: Math.max(minCallsPerMinute, pace.callsPerMinute / 2) };
  }
  return { ...pace, limit: Math.max(minLimit, Math.floor(pace.limit / 2)) };
}
