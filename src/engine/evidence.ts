/** How late PagerDuty may list something as a rule: every poll reads again what is not older than this. */
export const allowedLatenessMs = 120_000;
/** PagerDuty dates to whole seconds: what is behind one lies in the next. */
const secondMs = 1_000;

/**
 * The newest thing that a source has shown to this process. The time is PagerDuty's, of the record itself; how long ago
 * it came is measured by this process's monotonic clock. So what follows from it holds whatever any wall clock says.
 */
export interface Evidence {
  readonly newestMs: number;
  /** By the monotonic clock: when nothing newer than this had been seen for the first time. */
  readonly seenAtMs: number;
}

/** What is known after a reading whose newest record was of `newestMs`; undefined if it had none. */
export function afterReading(
  evidence: Evidence | undefined,
  newestMs: number | undefined,
  monotonicMs: number,
): Evidence | undefined {
  if (newestMs === undefined || (evidence !== undefined && newestMs <= evidence.newestMs)) return evidence;
  return { newestMs, seenAtMs: monotonicMs };
}

/**
 * How far the past is settled, for things that PagerDuty lists at most `latenessMs` late.
 *
 * The newest thing seen, N, happened before it was seen; since then at least `quietMs` have gone by. So now is at least
 * N + quietMs, and what is still to be listed is later than that less `latenessMs`. It is settled no further than just
 * behind N: what comes next may be dated right after it.
 */
export function settledMs({ newestMs, seenAtMs }: Evidence, monotonicMs: number, latenessMs: number): number {
  return newestMs + Math.min(Math.floor(monotonicMs - seenAtMs) - latenessMs, secondMs);
}

/**
 * PagerDuty's present, as far as its `Date` and this machine's clock say: one of them may be behind, by hours or for ever.
 * It is a bound, and moves nothing: a record dated later than both does not carry a frontier along.
 */
export function boundMs(wallMs: number, dateMs: number | undefined): number {
  return Math.max(wallMs, dateMs ?? wallMs);
}
