import t from 'tap';
import {
  afterFailure,
  afterLease,
  afterStart,
  afterSuccess,
  initialSchedule,
  isDue,
  isDueInBackground,
  lagMs,
  type PollSchedule,
} from '../../src/engine/poll-schedule.js';

const pollIntervalMs = 30_000;
const nowMs = 5_000_000;
/** A poll began a second ago, with a lease. */
const started: PollSchedule = {
  nextPollAtMs: nowMs + 29_000,
  backgroundFromMs: nowMs - 600_000,
  failures: 0,
};
const failed = { nowMs, startedAtMs: nowMs - 1_000, pollIntervalMs, isLeased: true, retryAfterMs: 0 };

t.test('a poll is due from a time on, and in the background only once that has begun', async (t) => {
  t.equal(isDue(initialSchedule, 0), true);
  t.equal(isDueInBackground(initialSchedule, Number.MAX_SAFE_INTEGER), false, 'no host has asked');
  for (const [schedule, due, inBackground, lag] of [
    [{ nextPollAtMs: nowMs, backgroundFromMs: nowMs, failures: 0 }, true, true, 0],
    [{ nextPollAtMs: nowMs - 7_000, backgroundFromMs: nowMs - 9_000, failures: 0 }, true, true, 7_000],
    [{ nextPollAtMs: nowMs - 9_000, backgroundFromMs: nowMs - 7_000, failures: 0 }, true, true, 7_000],
    [{ nextPollAtMs: nowMs - 9_000, backgroundFromMs: nowMs + 1, failures: 0 }, true, false, 0],
    [{ nextPollAtMs: nowMs + 1, backgroundFromMs: nowMs - 1, failures: 0 }, false, false, 0],
  ] as const) {
    t.strictSame(
      [isDue(schedule, nowMs), isDueInBackground(schedule, nowMs), lagMs(schedule, nowMs)],
      [due, inBackground, lag],
    );
  }
});

t.test('the next poll comes after an interval, or when the store says', async (t) => {
  const begun = afterStart(initialSchedule, nowMs, pollIntervalMs);
  t.equal(begun.nextPollAtMs, nowMs + 30_000);
  const lease = { granted: false, nextInMs: 12_500, commitId: undefined };
  t.equal(afterLease(begun, nowMs, lease).nextPollAtMs, nowMs + 12_500);
  t.equal(afterSuccess({ ...begun, failures: 3 }).failures, 0);
});

for (const [name, before, failure, nextInMs, extendLeaseMs] of [
  ['the first failure waits an interval', 0, {}, 29_000, undefined],
  ['the second waits two, and other processes too', 1, {}, 59_000, 59_000],
  ['and so on', 2, {}, 119_000, 119_000],
  ['but no longer than five minutes', 9, {}, 299_000, 299_000],
  ['or than an interval, if that is longer', 9, { pollIntervalMs: 400_000 }, 399_000, undefined],
  ['PagerDuty may name a longer wait', 0, { retryAfterMs: 600_000 }, 599_000, 599_000],
  ['a shorter one does not count', 1, { retryAfterMs: 10_000 }, 59_000, 59_000],
  ['a store that fails is tried again soon', 5, { isLeased: false }, 1_000, undefined],
  ['also at a short interval', 5, { isLeased: false, pollIntervalMs: 400 }, 400, undefined],
] as const) {
  t.test(`after a failure: ${name}`, async (t) => {
    const retry = afterFailure({ ...started, failures: before }, { ...failed, ...failure });
    t.strictSame(retry, {
      schedule: { ...started, failures: before + 1, nextPollAtMs: nowMs + nextInMs },
      extendLeaseMs,
    });
  });
}

t.test('after a failure: what the store has said stays, if it is later', async (t) => {
  const { schedule, extendLeaseMs } = afterFailure({ ...started, nextPollAtMs: nowMs + 100_000 }, failed);
  t.strictSame([schedule.nextPollAtMs, extendLeaseMs], [nowMs + 100_000, undefined]);
});
