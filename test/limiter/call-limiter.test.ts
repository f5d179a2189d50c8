import assert from 'node:assert/strict';
import Bottleneck from 'bottleneck';
import fc from 'fast-check';
import t from 'tap';
import {
  type CallDecision,
  type CallLimit,
  LocalCallLimiter,
  type LocalCallLimiterOptions,
} from '../../src/limiter/call-limiter.js';
import { ManualClock } from '../support/manual-clock.js';

const perMinute: CallLimit = { calls: 30, windowMs: 60_000 };

/** A limiter on a clock of its own, and everything it asked of Bottleneck. */
function build(limit: CallLimit, options: Partial<LocalCallLimiterOptions> = {}) {
  const clock = new ManualClock();
  const made: Bottleneck[] = [];
  let asked = 0;
  const limiter = new LocalCallLimiter({
    limit,
    clock,
    createBottleneck: (bottleneckOptions) => {
      const bottleneck = new Bottleneck(bottleneckOptions);
      bottleneck.on('received', () => {
        asked += 1;
      });
      made.push(bottleneck);
      return bottleneck;
    },
    ...options,
  });
  return {
    limiter,
    clock,
    made,
    asked: () => asked,
    /** Jobs in every Bottleneck made so far, whatever their state. */
    jobs: () => made.reduce((sum, bottleneck) => sum + bottleneck.jobs().length, 0),
    burst: (calls: number) => Promise.all(Array.from({ length: calls }, () => limiter.take())),
  };
}

function grantsIn(decisions: readonly CallDecision[]): number {
  return decisions.filter((decision) => decision.granted).length;
}

/** Lets Bottleneck's own short timers run until `done`; the manual clock stands still meanwhile. */
async function until(done: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + 10_000;
  while (!done()) {
    assert.ok(performance.now() < deadlineMs, 'what the test waits for never came');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** The most grants that any half-open window saw. */
function mostInAWindow(grantedAtMs: readonly number[], windowMs: number): number {
  const counts = grantedAtMs.map((endMs) => grantedAtMs.filter((ms) => ms > endMs - windowMs && ms <= endMs).length);
  return Math.max(0, ...counts);
}

t.test('a burst before a boundary leaves nothing for a burst after it', async (t) => {
  const { burst, clock } = build(perMinute);
  await burst(1);
  await clock.advance(59_990);
  t.equal(grantsIn(await burst(40)), 29);
  await clock.advance(10);
  t.equal(grantsIn(await burst(40)), 1, 'only the first permit is back');
  await clock.advance(59_989);
  t.equal(grantsIn(await burst(40)), 0);
  await clock.advance(1);
  t.equal(grantsIn(await burst(40)), 29);
});

t.test('200 calls at one instant get 30 grants; the others are refused at once with the exact time', async (t) => {
  const { limiter, clock, made, asked } = build(perMinute);
  const settled: CallDecision[] = [];
  const calls = Array.from({ length: 200 }, () =>
    limiter.take().then((decision) => {
      settled.push(decision);
      return decision;
    }),
  );
  await Promise.resolve();
  t.same(
    settled,
    Array.from({ length: 170 }, () => ({ granted: false, limit: 30, remaining: 0, retryAfterMs: 60_000 })),
    'refused before Bottleneck has granted anything',
  );
  const decisions = await Promise.all(calls);
  t.same(
    decisions.slice(0, 30),
    Array.from({ length: 30 }, (_, index) => ({ granted: true, limit: 30, remaining: 29 - index, resetMs: 60_000 })),
  );
  t.equal(asked(), 30, 'Bottleneck never hears of the refused');
  t.equal(made.length, 1);

  await clock.advance(59_999);
  t.match(await limiter.take(), { granted: false, retryAfterMs: 1 });
  await clock.advance(1);
  t.match(await limiter.take(), { granted: true, remaining: 29 });
});

t.test('a permit back before its slot has cooled is granted, and handed out once it has', async (t) => {
  const { limiter, clock } = build({ calls: 1, windowMs: 1_000 });
  const first = limiter.take();
  t.match(await limiter.take(), { granted: false, retryAfterMs: 1_000 }, 'counted from the asking');
  await clock.advance(40);
  t.match(await first, { granted: true }, 'Bottleneck took 40 ms');

  await clock.advance(960);
  let handedOut = false;
  const second = limiter.take().then((decision) => {
    handedOut = true;
    return decision;
  });
  await clock.advance(39);
  t.notOk(handedOut, 'less than a window after the first');
  await clock.advance(1);
  t.match(await second, { granted: true });

  await clock.advance(1_500);
  let handedOutAtOnce = false;
  limiter.take().then(() => {
    handedOutAtOnce = true;
  });
  await Promise.resolve();
  t.ok(handedOutAtOnce, 'the delay is not carried on for ever');
  t.equal(clock.sleeping, 0);
});

t.test('claims of one slot are handed out in their order, even where a timer is late', async (t) => {
  const manual = new ManualClock();
  let lateMs = 0;
  const { limiter } = build(
    { calls: 1, windowMs: 1_000 },
    {
      clock: {
        now: () => manual.now() + lateMs,
        sleep: (durationMs) => manual.sleep(durationMs),
        after: (durationMs, run) => manual.after(durationMs, run),
      },
    },
  );
  const order: number[] = [];
  const first = limiter.take().then(() => order.push(1));
  await manual.advance(1_500);
  const second = limiter.take().then(() => order.push(2));
  t.same(order, [], 'Bottleneck took longer than a window');
  await first;
  await until(() => manual.sleeping === 1);
  lateMs = 1_200;
  const third = limiter.take().then(() => order.push(3));
  await manual.advance(1_000);
  await second;
  await manual.advance(1_000);
  await third;
  t.same(order, [1, 2, 3]);
});

t.test('a slot that Bottleneck has granted serves its next call without Bottleneck and without a timer', async (t) => {
  const { limiter, clock, asked } = build({ calls: 2, windowMs: 1_000 });
  await limiter.take();
  await clock.advance(1_000);
  let decision: CallDecision | undefined;
  limiter.take().then((answer) => {
    decision = answer;
  });
  await Promise.resolve();
  t.match(decision, { granted: true, limit: 2, remaining: 1, resetMs: 1_000 });
  t.equal(asked(), 1);
  t.equal(clock.sleeping, 0);
});

t.test('over a long busy life Bottleneck is asked once a slot', async (t) => {
  const { limiter, clock, asked, made } = build(perMinute);
  let grants = 0;
  for (let call = 0; call < 5_000; call++) {
    if ((await limiter.take()).granted) grants += 1;
    await clock.advance(call % 7 === 0 ? 9_000 : 100);
    if (call % 50 === 0) limiter.releaseIdle();
  }
  t.ok(grants > 3_000, `${grants} grants`);
  t.ok(asked() <= 30, `${asked()} jobs`);
  t.equal(made.length, 1);
});

t.test('status tells what a call would find and takes nothing', async (t) => {
  const { limiter, clock } = build({ calls: 3, windowMs: 1_000 });
  t.same(limiter.status(), { limit: 3, remaining: 3, resetMs: 0 });
  await limiter.take();
  await clock.advance(400);
  await limiter.take();
  t.same(limiter.status(), { limit: 3, remaining: 1, resetMs: 600 });
  await clock.advance(600);
  t.same(limiter.status(), { limit: 3, remaining: 2, resetMs: 400 });
  await clock.advance(400);
  t.same(limiter.status(), { limit: 3, remaining: 3, resetMs: 0 });
});

for (const limit of [
  { calls: 1, windowMs: 60_000 },
  { calls: 1_000, windowMs: 1_000 },
  { calls: 5, windowMs: 1 },
]) {
  t.test(`${limit.calls} calls in ${limit.windowMs} ms are exact`, async (t) => {
    const { burst, clock, limiter } = build(limit);
    t.equal(grantsIn(await burst(limit.calls + 5)), limit.calls);
    if (limit.windowMs > 1) {
      await clock.advance(limit.windowMs - 1);
      t.match(await limiter.take(), { granted: false, retryAfterMs: 1 });
    }
    await clock.advance(1);
    t.equal(grantsIn(await burst(limit.calls + 5)), limit.calls);
  });
}

t.test('slots unused for the idle time go back, and nothing is left behind', async (t) => {
  const { limiter, clock, jobs, burst, asked, made } = build(perMinute, { idleMs: 10_000 });
  t.ok(limiter.idle, 'before the first call');
  t.equal(made.length, 0, 'no Bottleneck before the first call');
  await burst(30);
  t.notOk(limiter.idle);
  await clock.advance(69_999);
  limiter.releaseIdle();
  t.notOk(limiter.idle, 'one millisecond early');
  await clock.advance(1);
  limiter.releaseIdle();
  t.ok(limiter.idle);
  await until(() => jobs() === 0);
  t.same(
    made.map((bottleneck) => bottleneck.counts()),
    [{ RECEIVED: 0, QUEUED: 0, RUNNING: 0, EXECUTING: 0 }],
  );
  t.equal(clock.sleeping, 0);

  t.equal(grantsIn(await burst(31)), 30, 'the next call starts afresh');
  t.equal(asked(), 60);
  t.equal(made.length, 2, 'an idle limiter kept no Bottleneck');
});

t.test('a connection that calls less often keeps fewer slots', async (t) => {
  const { limiter, clock, jobs, burst } = build(perMinute);
  await burst(30);
  for (let call = 0; call < 60; call++) {
    await clock.advance(10_000);
    await limiter.take();
    limiter.releaseIdle();
  }
  await until(() => jobs() < 30);
  t.ok(jobs() <= 13, `${jobs()} jobs for 6 calls a window`);
});

t.test('slots just given back can be taken again before Bottleneck has freed them', async (t) => {
  const { limiter, clock, burst, made } = build({ calls: 3, windowMs: 1_000 }, { idleMs: 500 });
  await burst(2);
  await clock.advance(600);
  await burst(1);
  await clock.advance(900);
  limiter.releaseIdle();
  t.notOk(limiter.idle, 'the youngest slot stays');
  t.equal(grantsIn(await burst(4)), 2);
  t.equal(made.length, 1, 'by the same Bottleneck, which dropped nothing');
});

t.test('giving back while a slot is still being asked for disturbs nothing', async (t) => {
  const { limiter, clock, burst, jobs } = build({ calls: 3, windowMs: 1_000 }, { idleMs: 0 });
  const calls = burst(3);
  await clock.advance(1_000);
  limiter.releaseIdle();
  t.notOk(limiter.idle);
  t.equal(grantsIn(await calls), 3);
  await clock.advance(1_000);
  limiter.releaseIdle();
  t.ok(limiter.idle);
  await until(() => jobs() === 0);
});

t.test('closing hands out what was granted, ends every job and refuses what comes after', async (t) => {
  const { limiter, burst, jobs } = build(perMinute);
  await burst(3);
  const calls = burst(2);
  const closing = limiter.close();
  t.equal(limiter.close(), closing, 'closing twice is closing once');
  await t.rejects(limiter.take(), { name: 'ServiceError', code: /^call_limiter_closed$/, statusCode: 503 });
  t.equal(grantsIn(await calls), 2);
  await closing;
  t.equal(jobs(), 0);
  await build(perMinute).limiter.close();

  const quiet = build(perMinute);
  await quiet.burst(3);
  await quiet.clock.advance(60_000);
  t.same(quiet.limiter.status().remaining, 30);
  await quiet.limiter.close();
  t.equal(quiet.jobs(), 0, 'those of unused slots too');
});

t.test('a clock set back locks nobody out for longer than a window and grants nothing more', async (t) => {
  const { limiter, clock, burst } = build(perMinute);
  await burst(20);
  await clock.advance(30_000);
  await burst(9);
  await clock.advance(-3_600_000);
  t.same(limiter.status(), { limit: 30, remaining: 1, resetMs: 30_000 }, 'as if no time had passed');
  t.equal(grantsIn(await burst(5)), 1);
  await clock.advance(29_999);
  t.match(await limiter.take(), { granted: false, retryAfterMs: 1 });
  await clock.advance(1);
  t.equal(grantsIn(await burst(30)), 20);
});

t.test('Bottleneck grants slots although the machine’s clock was set back', async (t) => {
  const { limiter, made, burst } = build(perMinute);
  await limiter.take();
  const now = Date.now;
  t.intercept(Date, 'now', { value: () => now() - 3_600_000 });
  t.equal(grantsIn(await burst(30)), 29);
  t.equal(made.length, 1);
});

t.test(
  'a job that Bottleneck drops is an error and counts as a call; the next call asks a new Bottleneck',
  async (t) => {
    const made: Bottleneck[] = [];
    const { limiter, clock, burst } = build(
      { calls: 2, windowMs: 1_000 },
      {
        createBottleneck: (options) => {
          const bottleneck = new Bottleneck(made.length === 0 ? { ...options, reservoir: 0 } : options);
          made.push(bottleneck);
          return bottleneck;
        },
      },
    );
    await t.rejects(limiter.take(), {
      code: /^call_limiter_failed$/,
      statusCode: 503,
      cause: { message: 'This job has been dropped by Bottleneck' },
    });
    t.equal(limiter.status().remaining, 1);
    t.equal(grantsIn(await burst(2)), 1);
    await clock.advance(1_000);
    t.equal(grantsIn(await burst(3)), 2, 'the slot that failed is asked for again');
    t.equal(made.length, 2);
    await clock.advance(2_000);
    limiter.releaseIdle();
    t.ok(limiter.idle);
    await limiter.close();
  },
);

t.test('a limit that cannot be is refused', async (t) => {
  for (const limit of [
    { calls: 0, windowMs: 1_000 },
    { calls: 1.5, windowMs: 1_000 },
    { calls: 1, windowMs: 0 },
    { calls: 1, windowMs: Number.NaN },
  ]) {
    t.throws(() => build(limit), RangeError);
  }
  t.throws(() => build(perMinute, { idleMs: -1 }), RangeError);
});

type Step = { do: 'advance'; ms: number } | { do: 'burst'; calls: number } | { do: 'releaseIdle' | 'settle' };

const limits = fc.record({ calls: fc.integer({ min: 1, max: 6 }), windowMs: fc.integer({ min: 1, max: 200 }) });
const bursts = fc.record({ do: fc.constant('burst' as const), calls: fc.integer({ min: 1, max: 9 }) });
const pauses = fc.record({ do: fc.constant('advance' as const), ms: fc.integer({ min: 0, max: 250 }) });
const releases = fc.record({ do: fc.constant('releaseIdle' as const) });
const settlings = fc.record({ do: fc.constant('settle' as const) });
const steps = (...kinds: fc.Arbitrary<Step>[]) => fc.array(fc.oneof(...kinds), { minLength: 1, maxLength: 40 });

t.test('whatever the sequence, every answer is that of a plain list of the calls granted so far', async () => {
  const property = fc.asyncProperty(
    limits,
    fc.integer({ min: 0, max: 100 }),
    steps(bursts, pauses, releases, settlings),
    async (limit, idleMs, sequence) => {
      const { limiter, clock, jobs } = build(limit, { idleMs });
      const claimedAtMs: number[] = [];
      const handedOutAtMs: number[] = [];
      const answers: Promise<CallDecision>[] = [];
      const expected: CallDecision[] = [];
      let waiting = 0;

      const allowance = () => {
        const taken = claimedAtMs.filter((ms) => ms > clock.now() - limit.windowMs);
        const [oldestMs] = taken;
        const resetMs = oldestMs === undefined ? 0 : oldestMs + limit.windowMs - clock.now();
        return { limit: limit.calls, remaining: limit.calls - taken.length, resetMs };
      };
      const call = () => {
        const { remaining, resetMs } = allowance();
        if (remaining > 0) {
          claimedAtMs.push(clock.now());
          expected.push({ granted: true, ...allowance() });
        } else {
          expected.push({ granted: false, limit: limit.calls, remaining: 0, retryAfterMs: resetMs });
        }
        waiting += 1;
        answers.push(
          limiter.take().then((decision) => {
            waiting -= 1;
            if (decision.granted) handedOutAtMs.push(clock.now());
            return decision;
          }),
        );
      };

      for (const step of sequence) {
        if (step.do === 'advance') await clock.advance(step.ms);
        if (step.do === 'releaseIdle') limiter.releaseIdle();
        // Without this step, time goes on while Bottleneck is still being asked.
        if (step.do === 'settle') await until(() => waiting === 0 || clock.sleeping > 0);
        if (step.do === 'burst') for (let calls = 0; calls < step.calls; calls++) call();
        assert.deepEqual(limiter.status(), allowance());
      }
      while (waiting > 0) {
        await until(() => waiting === 0 || clock.sleeping > 0);
        await clock.advance(1);
      }
      assert.deepEqual(await Promise.all(answers), expected);
      assert.ok(mostInAWindow(handedOutAtMs, limit.windowMs) <= limit.calls, 'no window sees a grant too many');

      const refused = allowance();
      if (refused.remaining === 0) {
        await clock.advance(refused.resetMs - 1);
        assert.deepEqual(await limiter.take(), { granted: false, limit: limit.calls, remaining: 0, retryAfterMs: 1 });
        await clock.advance(1);
        const again = limiter.take();
        await clock.advance(limit.windowMs);
        assert.ok((await again).granted);
      }
      await clock.advance(2 * limit.windowMs + idleMs);
      limiter.releaseIdle();
      assert.ok(limiter.idle);
      await until(() => jobs() === 0);
      assert.equal(clock.sleeping, 0);
    },
  );
  await fc.assert(property, { numRuns: 250 });
});

t.test('however the clock is set back, no real window sees a grant too many and no wait exceeds one', async () => {
  const setBacks = fc.record({ do: fc.constant('advance' as const), ms: fc.integer({ min: -100_000, max: -1 }) });
  const property = fc.asyncProperty(limits, steps(bursts, pauses, pauses, setBacks), async (limit, sequence) => {
    const { limiter, clock, burst } = build(limit);
    const grantedAtMs: number[] = [];
    let passedMs = 0;
    for (const step of sequence) {
      if (step.do === 'advance') {
        await clock.advance(step.ms);
        passedMs += Math.max(0, step.ms);
      }
      if (step.do !== 'burst') continue;
      for (const decision of await burst(step.calls)) {
        if (decision.granted) grantedAtMs.push(passedMs);
        else assert.ok(decision.retryAfterMs > 0 && decision.retryAfterMs <= limit.windowMs);
      }
    }
    assert.ok(mostInAWindow(grantedAtMs, limit.windowMs) <= limit.calls);
    assert.ok(limiter.status().resetMs <= limit.windowMs);
    await clock.advance(limiter.status().resetMs);
    assert.ok((await limiter.take()).granted);
  });
  await fc.assert(property, { numRuns: 100 });
});
