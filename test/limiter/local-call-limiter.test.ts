import assert from 'node:assert/strict';
import Bottleneck from 'bottleneck';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import type { CallDecision, CallLimit } from '../../src/limiter/call-limiter.js';
import { LocalCallLimiter } from '../../src/limiter/local-call-limiter.js';
import { ManualClock } from '../support/manual-clock.js';
import { until } from '../support/until.js';

const perMinute: CallLimit = { calls: 30, windowMs: 60_000 };

/** A limiter on a clock of its own. */
function build(limit: CallLimit) {
  const clock = new ManualClock();
  const limiter = new LocalCallLimiter({ limit, clock });
  return {
    limiter,
    clock,
    burst: (calls: number) => Promise.all(Array.from({ length: calls }, () => limiter.take())),
  };
}

/** Everything that is asked of Bottleneck until the test ends. */
function watchBottleneck(t: Test) {
  const made = new Set<Bottleneck>();
  let asked = 0;
  const { schedule } = Bottleneck.prototype;
  const watched = new Proxy(schedule, {
    apply(target, bottleneck, args) {
      if (bottleneck instanceof Bottleneck) made.add(bottleneck);
      asked += 1;
      return Reflect.apply(target, bottleneck, args);
    },
  });
  t.intercept(Bottleneck.prototype, 'schedule', { value: watched });
  return {
    asked: () => asked,
    made: () => made.size,
    /** Jobs in every Bottleneck made so far, whatever their state. */
    jobs: () => [...made].reduce((sum, bottleneck) => sum + bottleneck.jobs().length, 0),
  };
}

/** Lets promises go on, and nothing else. */
async function microtasks(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

function grantsIn(decisions: readonly CallDecision[]): number {
  return decisions.filter((decision) => decision.granted).length;
}

/** The most grants that any half-open window saw. */
function maxInAWindow(grantedAtMs: readonly number[], windowMs: number): number {
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

t.test('200 calls at one instant get 30 grants; the others are refused with the exact time', async (t) => {
  const { asked, made } = watchBottleneck(t);
  const { limiter, clock, burst } = build(perMinute);
  const decisions = await burst(200);
  t.same(
    decisions.slice(0, 30),
    Array.from({ length: 30 }, (_, index) => ({ granted: true, limit: 30, remaining: 29 - index, resetMs: 60_000 })),
  );
  t.same(
    decisions.slice(30),
    Array.from({ length: 170 }, () => ({ granted: false, limit: 30, remaining: 0, retryAfterMs: 60_000 })),
  );

  await clock.advance(20_000);
  const settled: CallDecision[] = [];
  for (let call = 0; call < 170; call++) void limiter.take().then((decision) => settled.push(decision));
  await Promise.resolve();
  t.same(
    settled,
    Array.from({ length: 170 }, () => ({ granted: false, limit: 30, remaining: 0, retryAfterMs: 40_000 })),
    'a refusal waits for nothing',
  );
  t.same([asked(), made()], [1, 1], 'Bottleneck never hears of it');

  await clock.advance(39_999);
  t.match(await limiter.take(), { granted: false, retryAfterMs: 1 });
  await clock.advance(1);
  t.match(await limiter.take(), { granted: true, remaining: 29 });
});

t.test('30 calls at once on a new connection are all handed out in the same turn of the event loop', async (t) => {
  const { asked } = watchBottleneck(t);
  const { limiter } = build(perMinute);
  let handedOut = 0;
  let afterTheFirst: number | undefined;
  const calls = Array.from({ length: 30 }, async () => {
    assert.ok((await limiter.take()).granted);
    handedOut += 1;
    // Nothing of the next turn can have happened by then.
    if (handedOut === 1) setImmediate(() => (afterTheFirst = handedOut));
  });
  await Promise.all(calls);
  await until(() => afterTheFirst !== undefined);
  t.equal(afterTheFirst, 30);
  t.equal(asked(), 1, 'Bottleneck is asked once for all of them');
});

t.test('calls that come while Bottleneck is being asked are handed out with the first', async (t) => {
  const { limiter, clock } = build(perMinute);
  const order: number[] = [];
  const calls: Promise<unknown>[] = [];
  for (let call = 0; call < 5; call++) {
    calls.push(limiter.take().then(() => order.push(call)));
    await clock.advance(1);
  }
  t.same(order, [], 'Bottleneck takes several turns of the event loop');
  await until(() => order.length > 0);
  t.same(order, [0, 1, 2, 3, 4]);
  await Promise.all(calls);
});

t.test('a delay of Bottleneck outlives its cause in no window', async (t) => {
  const { limiter, clock, burst } = build(perMinute);
  const first = burst(40);
  t.same(limiter.status(), { limit: 30, remaining: 30, resetMs: 0 }, 'nothing is handed out yet');
  await clock.advance(40);
  t.equal(grantsIn(await first), 30, 'Bottleneck took 40 ms');
  const settledAtOnce = async (calls: number) => {
    const settled: CallDecision[] = [];
    for (let call = 0; call < calls; call++) void limiter.take().then((decision) => settled.push(decision));
    await Promise.resolve();
    return settled;
  };
  for (let windows = 0; windows < 5; windows++) {
    await clock.advance(59_999);
    t.match(await settledAtOnce(1), [{ granted: false, retryAfterMs: 1 }], 'counted from the handing out');
    await clock.advance(1);
    const decisions = await settledAtOnce(31);
    t.equal(decisions.length, 31, 'none waits for anything');
    t.equal(grantsIn(decisions), 30);
  }
});

t.test('while the slots are held a call needs neither Bottleneck nor a timer', async (t) => {
  const { asked } = watchBottleneck(t);
  const { limiter, clock } = build({ calls: 2, windowMs: 1_000 });
  await limiter.take();
  await clock.advance(999);
  await limiter.take();
  await clock.advance(1);
  const { sleeping } = clock;
  let decision: CallDecision | undefined;
  void limiter.take().then((answer) => {
    decision = answer;
  });
  await Promise.resolve();
  t.match(decision, { granted: true, limit: 2, remaining: 0, resetMs: 999 });
  t.equal(asked(), 1);
  t.equal(clock.sleeping, sleeping);
});

t.test('over a long busy life Bottleneck is asked once', async (t) => {
  const { asked, made } = watchBottleneck(t);
  const { limiter, clock } = build(perMinute);
  let grants = 0;
  for (let call = 0; call < 5_000; call++) {
    if ((await limiter.take()).granted) grants += 1;
    await clock.advance(call % 7 === 0 ? 9_000 : 100);
  }
  t.ok(grants > 3_000, `${grants} grants`);
  t.same([asked(), made()], [1, 1]);
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

t.test('slots unused for a window go back by themselves, and nothing is left behind', async (t) => {
  const { asked, made, jobs } = watchBottleneck(t);
  const { clock, burst } = build(perMinute);
  t.equal(made(), 0, 'no Bottleneck before the first call');
  await burst(30);
  await clock.advance(59_999);
  t.equal(jobs(), 1);
  await clock.advance(1);
  await until(() => jobs() === 0);
  t.equal(clock.sleeping, 0);

  t.equal(grantsIn(await burst(31)), 30, 'the next call starts afresh');
  t.same([asked(), made()], [2, 2], 'with a Bottleneck of its own');
  await clock.advance(30_000);
  t.equal(grantsIn(await burst(1)), 0);
  await clock.advance(60_000);
  t.equal(jobs(), 1, 'a refused call is a use of them too');
  await clock.advance(30_000);
  await until(() => jobs() === 0);
  t.equal(clock.sleeping, 0);
});

t.test('slots just given back can be taken again before Bottleneck has freed them', async (t) => {
  const { asked, jobs } = watchBottleneck(t);
  const { clock, burst } = build({ calls: 3, windowMs: 1_000 });
  await burst(3);
  let again: Promise<CallDecision[]> | undefined;
  // The slots' own look comes first, in the same instant.
  clock.after(1_000, () => {
    again = burst(4);
  });
  await clock.advance(1_000);
  t.equal(grantsIn((await again) ?? []), 3);
  t.equal(asked(), 2);
  await until(() => jobs() === 1);
});

t.test('closing hands out what waits, ends every job and refuses what comes after', async (t) => {
  const { jobs } = watchBottleneck(t);
  const { limiter, burst, clock } = build(perMinute);
  const calls = burst(2);
  const closing = limiter.close();
  t.equal(limiter.close(), closing, 'closing twice is closing once');
  await t.rejects(limiter.take(), { name: 'ServiceError', code: /^call_limiter_closed$/, statusCode: 503 });
  t.equal(grantsIn(await calls), 2);
  await closing;
  t.equal(jobs(), 0);
  t.equal(clock.sleeping, 0);
  await build(perMinute).limiter.close();

  const quiet = build(perMinute);
  await quiet.burst(3);
  await quiet.clock.advance(30_000);
  await quiet.limiter.close();
  t.equal(jobs(), 0, 'those of slots at hand too');
  t.equal(quiet.clock.sleeping, 0);
});

for (const [set, byMs] of [
  ['back', -3_600_000],
  ['forward', 3_600_000],
] as const) {
  t.test(`a wall clock set ${set} changes nothing`, async (t) => {
    const { limiter, clock, burst } = build(perMinute);
    await burst(20);
    await clock.advance(30_000);
    await burst(9);
    clock.step(byMs);
    t.same(limiter.status(), { limit: 30, remaining: 1, resetMs: 30_000 }, 'as if no time had passed');
    t.equal(grantsIn(await burst(5)), 1);
    await clock.advance(29_999);
    t.match(await limiter.take(), { granted: false, retryAfterMs: 1 });
    await clock.advance(1);
    t.equal(grantsIn(await burst(30)), 20);
  });
}

t.test('a wall clock set back while Bottleneck is asked delays nobody for longer than a second', async (t) => {
  const { made, jobs } = watchBottleneck(t);
  const now = Date.now;
  let setBackMs = 0;
  t.intercept(Date, 'now', { value: () => now() - setBackMs });
  for (const byMs of [5, 3_600_000]) {
    const before = made();
    const { limiter, clock } = build(perMinute);
    const calls = [limiter.take(), limiter.take()];
    setBackMs += byMs;
    await until(() => made() === before + 1 && jobs() > 0);
    // Bottleneck makes up for a few milliseconds by itself.
    if (byMs > 1_000) await clock.advance(1_000);
    t.equal(grantsIn(await Promise.all(calls)), 2);
    t.match(await limiter.take(), { granted: true, remaining: 27 });
    t.equal(made() - before, byMs > 1_000 ? 2 : 1);
    await limiter.close();
    await until(() => jobs() === 0, 'that the first has dropped its job');
    t.equal(clock.sleeping, 0);
  }
});

t.test('Bottleneck grants slots although the machine’s clock was set back', async (t) => {
  const { made } = watchBottleneck(t);
  const { limiter, clock, burst } = build(perMinute);
  await limiter.take();
  const now = Date.now;
  t.intercept(Date, 'now', { value: () => now() - 3_600_000 });
  t.equal(grantsIn(await burst(30)), 29);
  await clock.advance(120_000);
  t.equal(grantsIn(await burst(31)), 30);
  t.equal(made(), 2);
});

t.test('a job that Bottleneck drops is an error, and the next call asks a new Bottleneck', async (t) => {
  const { schedule } = Bottleneck.prototype;
  let asked = 0;
  const dropping = new Proxy(schedule, {
    apply(target, bottleneck, args) {
      asked += 1;
      if (asked === 1) return Promise.reject(new Bottleneck.BottleneckError('This job has been dropped by Bottleneck'));
      return Reflect.apply(target, bottleneck, args);
    },
  });
  t.intercept(Bottleneck.prototype, 'schedule', { value: dropping });
  const { limiter, clock, burst } = build({ calls: 2, windowMs: 1_000 });
  const failed = {
    code: /^call_limiter_failed$/,
    statusCode: 503,
    cause: { message: 'This job has been dropped by Bottleneck' },
  };
  await Promise.all([t.rejects(limiter.take(), failed), t.rejects(limiter.take(), failed)]);
  t.equal(limiter.status().remaining, 2, 'nothing was handed out');
  t.equal(grantsIn(await burst(3)), 2);
  t.equal(asked, 2);
  await clock.advance(2_000);
  t.equal(clock.sleeping, 0);
  await limiter.close();
});

t.test('a limit that cannot be is refused', async (t) => {
  for (const limit of [
    { calls: 0, windowMs: 1_000 },
    { calls: 1.5, windowMs: 1_000 },
    { calls: 1, windowMs: 0 },
    { calls: 1, windowMs: Number.NaN },
  ]) {
    t.throws(() => build(limit), RangeError);
  }
});

type Step = { do: 'advance' | 'step'; ms: number } | { do: 'burst'; calls: number } | { do: 'settle' };

const limits = fc.record({ calls: fc.integer({ min: 1, max: 6 }), windowMs: fc.integer({ min: 1, max: 200 }) });
const bursts = fc.record({ do: fc.constant('burst' as const), calls: fc.integer({ min: 1, max: 9 }) });
const pauses = fc.record({ do: fc.constant('advance' as const), ms: fc.integer({ min: 0, max: 250 }) });
const settlings = fc.record({ do: fc.constant('settle' as const) });
const steps = (...kinds: fc.Arbitrary<Step>[]) => fc.array(fc.oneof(...kinds), { minLength: 1, maxLength: 40 });

t.test('whatever the sequence, every answer is that of a plain list of the calls handed out so far', async (t) => {
  const { jobs } = watchBottleneck(t);
  const property = fc.asyncProperty(limits, steps(bursts, pauses, settlings), async (limit, sequence) => {
    const { limiter, clock } = build(limit);
    const handedOutAtMs: number[] = [];
    const answers: Promise<void>[] = [];
    let answered = 0;

    const allowance = () => {
      const taken = handedOutAtMs.filter((ms) => ms > clock.now() - limit.windowMs);
      const [oldestMs] = taken;
      const resetMs = oldestMs === undefined ? 0 : oldestMs + limit.windowMs - clock.now();
      return { limit: limit.calls, remaining: limit.calls - taken.length, resetMs };
    };
    const call = async () => {
      const number = answers.length;
      const decision = await limiter.take();
      assert.equal(answered, number, 'in the order of the calls');
      answered += 1;
      const { remaining, resetMs } = allowance();
      if (remaining > 0) {
        handedOutAtMs.push(clock.now());
        assert.deepEqual(decision, { granted: true, ...allowance() });
      } else {
        assert.deepEqual(decision, { granted: false, limit: limit.calls, remaining: 0, retryAfterMs: resetMs });
      }
    };

    for (const step of sequence) {
      if (step.do === 'advance') await clock.advance(step.ms);
      // Without this step, time goes on while Bottleneck is still being asked.
      if (step.do === 'settle') await until(() => answered === answers.length);
      if (step.do === 'burst') for (let calls = 0; calls < step.calls; calls++) answers.push(call());
      await microtasks();
      assert.deepEqual(limiter.status(), allowance());
    }
    await Promise.all(answers);
    assert.ok(maxInAWindow(handedOutAtMs, limit.windowMs) <= limit.calls, 'no window sees a grant too many');

    const refused = allowance();
    if (refused.remaining === 0) {
      await clock.advance(refused.resetMs - 1);
      assert.deepEqual(await limiter.take(), { granted: false, limit: limit.calls, remaining: 0, retryAfterMs: 1 });
      await clock.advance(1);
      assert.ok((await limiter.take()).granted);
    }
    await clock.advance(2 * limit.windowMs);
    await until(() => jobs() === 0);
    assert.equal(clock.sleeping, 0);
  });
  await fc.assert(property, { numRuns: 250 });
});

t.test('however the wall clock is set, no real window sees a grant too many and no wait exceeds one', async () => {
  const sets = fc.record({ do: fc.constant('step' as const), ms: fc.integer({ min: -100_000, max: 100_000 }) });
  const property = fc.asyncProperty(limits, steps(bursts, pauses, pauses, sets), async (limit, sequence) => {
    const { limiter, clock, burst } = build(limit);
    const grantedAtMs: number[] = [];
    for (const step of sequence) {
      if (step.do === 'advance') await clock.advance(step.ms);
      if (step.do === 'step') clock.step(step.ms);
      if (step.do !== 'burst') continue;
      for (const decision of await burst(step.calls)) {
        if (decision.granted) grantedAtMs.push(clock.monotonic());
        else assert.ok(decision.retryAfterMs > 0 && decision.retryAfterMs <= limit.windowMs);
      }
    }
    assert.ok(maxInAWindow(grantedAtMs, limit.windowMs) <= limit.calls);
    assert.ok(limiter.status().resetMs <= limit.windowMs);
    await clock.advance(limiter.status().resetMs);
    assert.ok((await limiter.take()).granted);
  });
  await fc.assert(property, { numRuns: 100 });
});
