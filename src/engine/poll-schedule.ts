import type { PollLease } from './event-store.js';

const maxBackOffMs = 300_000;
/** A store that fails is asked again this soon: no call to PagerDuty was made. */
const storeRetryMs = 1_000;

/** When an account is polled next, by this process's clock. The account owns it, and replaces it at each step. */
export interface PollSchedule {
  /** No poll may begin before this. */
  readonly nextPollAtMs: number;
  /** From when on the account is polled although no host asks; infinite if no host has asked lately. */
  readonly backgroundFromMs: number;
  /** How many polls have failed since the last one that went well. */
  readonly failures: number;
}

export const initialSchedule: PollSchedule = {
  nextPollAtMs: 0,
  backgroundFromMs: Number.POSITIVE_INFINITY,
  failures: 0,
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

/** A poll of PagerDuty went well. */
export function afterSuccess(schedule: PollSchedule): PollSchedule {
  return { ...schedule, failures: 0 };
}

/** What a failure comes to. */
export interface Retry {
  readonly schedule: PollSchedule;
  /** For how long other processes are to leave PagerDuty alone too; undefined if no longer than the lease says. */
  readonly extendLeaseMs: number | undefined;
}

/** A poll failed: each failure after another doubles the wait, and PagerDuty may name a longer one. */
export function afterFailure(
  { failures: before, ...schedule }: PollSchedule,
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
  const { nowMs, pollIntervalMs } = failed;
  const failures = before + 1;
  if (!failed.isLeased) {
    const nextPollAtMs = nowMs + Math.min(storeRetryMs, pollIntervalMs);
    return { schedule: { ...schedule, failures, nextPollAtMs }, extendLeaseMs: undefined };
  }
  const backOffMs = Math.min(pollIntervalMs * 2 ** (failures - 1), Math.max(maxBackOffMs, pollIntervalMs));
  const waitMs = Math.max(failed.retryAfterMs, backOffMs);
  const nextPollAtMs = Math.max(schedule.nextPollAtMs, failed.startedAtMs + waitMs);
  return {
    schedule: { ...schedule, failures, nextPollAtMs },
    extendLeaseMs: waitMs > pollIntervalMs ? nextPollAtMs - nowMs : undefined,
  };
}
