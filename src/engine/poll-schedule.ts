import type { PollLease } from './event-store.js';

/** A store that fails is asked again this soon: no call to PagerDuty was made. */
const storeRetryMs = 1_000;

/** An account that has more to read than one poll may is polled again this soon, however long the interval is. */
const catchUpMs = 30_000;

/** When an account is polled next, by the monotonic clock. The account owns it, and replaces it at each step. */
export interface PollSchedule {
  /** No poll may begin before this. */
  readonly nextPollAtMs: number;
  /** From when on the account is polled although no host asks; infinite if no host has asked lately. */
  readonly backgroundFromMs: number;
}

export const initialSchedule: PollSchedule = {
  nextPollAtMs: 0,
  backgroundFromMs: Number.POSITIVE_INFINITY,
};

/** Whether a poll may begin because a host asks. */
export function isDue(schedule: PollSchedule, nowMs: number): boolean {
  return nowMs >= schedule.nextPollAtMs;
}

/** Whether a poll is to begin although no host asks. */
export function isDueInBackground(schedule: PollSchedule, nowMs: number): boolean {
  return isDue(schedule, nowMs) && nowMs >= schedule.backgroundFromMs;
}

/** By how much a poll that begins now is late. One that a host begins before the background would is not. */
export function lagMs({ nextPollAtMs, backgroundFromMs }: PollSchedule, nowMs: number): number {
  return Math.max(0, nowMs - Math.max(nextPollAtMs, backgroundFromMs));
}

/** A poll begins. Until the store has said when the next may, it may after an interval. */
export function afterStart(schedule: PollSchedule, nowMs: number, pollIntervalMs: number): PollSchedule {
  return { ...schedule, nextPollAtMs: nowMs + pollIntervalMs };
}

/** The store has granted the lease, to this process or to another one. */
export function afterLease(schedule: PollSchedule, nowMs: number, lease: PollLease): PollSchedule {
  return { ...schedule, nextPollAtMs: nowMs + lease.nextInMs };
}

/** A poll of PagerDuty went well. `hasMore`: it has left some of what there is to read to the next. */
export function afterSuccess(
  schedule: PollSchedule,
  { startedAtMs, hasMore }: { readonly startedAtMs: number; readonly hasMore: boolean },
): PollSchedule {
  if (!hasMore) return schedule;
  return { ...schedule, nextPollAtMs: Math.min(schedule.nextPollAtMs, startedAtMs + catchUpMs) };
}

/** What a failure comes to. */
export interface Retry {
  readonly schedule: PollSchedule;
  /** For how long other processes are to leave PagerDuty alone too; undefined if no longer than the lease says. */
  readonly extendLeaseMs: number | undefined;
}

/**
 * A poll failed. The next one comes after an interval, as always, so that all goes on as soon as PagerDuty answers again;
 * or later, if PagerDuty asks for that.
 */
export function afterFailure(
  schedule: PollSchedule,
  failed: {
    readonly nowMs: number;
    readonly startedAtMs: number;
    readonly pollIntervalMs: number;
    /** False if the store failed before there was a lease. */
    readonly isLeased: boolean;
    /** What PagerDuty names; 0 if it names nothing. */
    readonly retryAfterMs: number;
  },
): Retry {
  const { nowMs, pollIntervalMs, startedAtMs, retryAfterMs } = failed;
  if (!failed.isLeased) {
    const nextPollAtMs = nowMs + Math.min(storeRetryMs, pollIntervalMs);
    return { schedule: { ...schedule, nextPollAtMs }, extendLeaseMs: undefined };
  }
  const nextPollAtMs = Math.max(schedule.nextPollAtMs, startedAtMs + pollIntervalMs, nowMs + retryAfterMs);
  return {
    schedule: { ...schedule, nextPollAtMs },
    extendLeaseMs: nextPollAtMs > startedAtMs + pollIntervalMs ? nextPollAtMs - nowMs : undefined,
  };
}
