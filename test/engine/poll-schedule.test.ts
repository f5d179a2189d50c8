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
};
const failed = { nowMs, startedAtMs: nowMs - 1_000, pollIntervalMs, isLeased: true, retryAfterMs: 0 };

t.test('a poll is due from a time on, and in the background only once that has begun', async (t) => {
  t.equal(isDue(initialSchedule, 0), true);
  t.equal(isDueInBackground(initialSchedule, Number.MAX_SAFE_INTEGER), false, 'no host has asked');
  for (const [schedule, due, inBackground, lag] of [
    [{ nextPollAtMs: nowMs, backgroundFromMs: nowMs }, true, true, 0],
    [{ nextPollAtMs: nowMs - 7_000, backgroundFromMs: nowMs - 9_000 }, true, true, 7_000],
    [{ nextPollAtMs: nowMs - 9_000, backgroundFromMs: nowMs - 7_000 }, true, true, 7_000],
    [{ nextPollAtMs: nowMs - 9_000, backgroundFromMs: nowMs + 1 }, true, false, 0],
    [{ nextPollAtMs: nowMs + 1, backgroundFromMs: nowMs - 1 }, false, false, 0],
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
  const went = { startedAtMs: nowMs, hasMore: false };
  t.strictSame(afterSuccess(begun, went), begun);
  t.strictSame(afterSuccess(begun, { ...went, hasMore: true }), begun, 'an interval is short enough');
  const hours = { ...begun, nextPollAtMs: nowMs + 3_600_000 };
  t.equal(afterSuccess(hours, { ...went, hasMore: true }).nextPollAtMs, nowMs + 30_000, 'there is more to read');
});

for (const [name, failure, nextInMs, extendLeaseMs] of [
  ['the next poll comes after an interval, however many have failed', {}, 29_000, undefined],
  ['PagerDuty may name a longer wait, which is for other processes too', { retryAfterMs: 600_000 }, 600_000, 600_000],
  ['a shorter one does not count', { retryAfterMs: 10_000 }, 29_000, undefined],
  ['a store that fails is tried again soon', { isLeased: false }, 1_000, undefined],
  ['also at a short interval', { isLeased: false, pollIntervalMs: 400 }, 400, undefined],
] as const) {
  t.test(`after a failure: ${name}`, async (t) => {
    const retry = afterFailure(started, { ...failed, ...failure });
    t.strictSame(retry, { schedule: { ...started, nextPollAtMs: nowMs + nextInMs }, extendLeaseMs });
  });
}

t.test('after a failure: what the store has said stays, if it is later', async (t) => {
  const { schedule, extendLeaseMs } = afterFailure({ ...started, nextPollAtMs: nowMs + 100_000 }, failed);
  t.strictSame([schedule.nextPollAtMs, extendLeaseMs], [nowMs + 100_000, 100_000]);
});
