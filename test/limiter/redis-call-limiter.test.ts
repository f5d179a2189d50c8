import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import t, { type Test } from 'tap';
import { type Clock, systemClock } from '../../src/clock/clock.js';
import type { CallDecision, CallLimit } from '../../src/limiter/call-limiter.js';
import { RedisCallLimiter } from '../../src/limiter/redis-call-limiter.js';
import { closeRedis, openRedis } from '../../src/redis/redis.js';
import { ManualClock } from '../support/manual-clock.js';
import { RedisServer, skipWithoutRedisServer as skip } from '../support/redis-server.js';
import { until } from '../support/until.js';

const tenASecond: CallLimit = { calls: 10, windowMs: 1_000 };
const perMinute: CallLimit = { calls: 30, windowMs: 60_000 };
const connectionId = '0123456789abcdef0123456789abcdef';
const key = `pagerduty-connector:calls:{${connectionId}}`;
const failed = { name: 'ServiceError', code: /^call_limiter_failed$/, statusCode: 503, retryAfterMs: 2_000 };

interface ReplicaOptions {
  readonly limit?: CallLimit;
  readonly connectionId?: string;
  readonly clock?: Clock;
  /** What the limiter is given instead of the client. */
  readonly through?: (redis: Redis) => Redis;
}

/** A client that looks at Redis for the test. Unlike the service's it has patience. */
function connect(t: Test, server: RedisServer): Redis {
  const redis = new Redis(server.url.href);
  redis.on('error', () => undefined);
  t.teardown(() => redis.disconnect());
  return redis;
}

/** A limiter with a client of its own, as in a process of its own. */
async function replica(t: Test, server: RedisServer, options: ReplicaOptions = {}): Promise<RedisCallLimiter> {
  const redis = openRedis(server.url, { onError: () => undefined });
  t.teardown(() => closeRedis(redis));
  await redis.connect();
  const limiter = new RedisCallLimiter({
    connectionId: options.connectionId ?? connectionId,
    limit: options.limit ?? tenASecond,
    clock: options.clock ?? systemClock,
    redis: options.through?.(redis) ?? redis,
  });
  t.teardown(() => limiter.close());
  return limiter;
}

function burst(limiter: RedisCallLimiter, calls: number): Promise<CallDecision[]> {
  return Promise.all(Array.from({ length: calls }, () => limiter.take()));
}

function grantsIn(decisions: readonly CallDecision[]): number {
  return decisions.filter(({ granted }) => granted).length;
}

function sleep(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}

/** A clock that stands still, and a way to let time pass for it and for the calls that Redis counts. */
function movableTime(t: Test, server: RedisServer) {
  const clock = new ManualClock();
  const redis = connect(t, server);
  return {
    clock,
    async pass(durationMs: number): Promise<void> {
      for (const call of await redis.zrange(key, 0, -1)) await redis.zincrby(key, -durationMs * 1_000, call);
      await clock.advance(durationMs);
    },
  };
}

/** From here on Redis knows the script, and answers it at once. */
async function primeScript(t: Test, server: RedisServer): Promise<void> {
  await (await replica(t, server, { connectionId: 'prime' })).take();
}

/** Calls again and again until one is granted; gives how long that took. */
async function timeUntilGranted(limiter: RedisCallLimiter): Promise<number> {
  const beganMs = performance.now();
  for (;;) {
    const granted = await limiter.take().then(
      (decision) => decision.granted,
      () => false,
    );
    const passedMs = performance.now() - beganMs;
    if (granted) return passedMs;
    assert.ok(passedMs < 20_000, 'no call was granted any more');
    await sleep(20);
  }
}

/** How many commands Redis was sent since the last `CONFIG RESETSTAT`, scripts alone. */
async function scriptsRun(redis: Redis): Promise<number> {
  const stats = await redis.info('commandstats');
  return [...stats.matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)].reduce((sum, [, calls]) => sum + Number(calls), 0);
}

const replicaScript = fileURLToPath(new URL('../support/limiter-replica.mjs', import.meta.url));

/** A replica in a process of its own, and what it has told. */
class ReplicaProcess {
  readonly lines: string[] = [];
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;

  private constructor(values: readonly (string | number)[]) {
    this.#process = spawn(process.execPath, [replicaScript, ...values.map(String)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let rest = '';
    this.#process.stdout.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      this.lines.push(...lines);
    });
  }

  static async start(
    t: Test,
    server: RedisServer,
    { limit = tenASecond, callers = 0, skewMs = 0 }: { limit?: CallLimit; callers?: number; skewMs?: number } = {},
  ): Promise<ReplicaProcess> {
    const started = new ReplicaProcess([server.url.href, connectionId, limit.calls, limit.windowMs, callers, skewMs]);
    t.teardown(() => started.kill());
    await started.told(/^ready/);
    return started;
  }

  call(): void {
    this.#process.stdin.write('call\n');
  }

  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.#process.kill(name);
  }

  async kill(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await ended;
  }

  /** Waits for that many lines that match. */
  async told(pattern: RegExp, count = 1): Promise<string[]> {
    const found = () => this.lines.filter((line) => pattern.test(line));
    await until(() => found().length >= count, `${count} ${pattern} of a replica`);
    return found();
  }

  get grantedAtMs(): number[] {
    return this.lines.flatMap((line) => (line.startsWith('granted ') ? [Number(line.slice(8))] : []));
  }
}

t.test('replicas share one limit: of a burst in all of them, no call too many is granted', { skip }, async (t) => {
  const server = await RedisServer.start(t);
  const replicas = await Promise.all([1, 2, 3].map(() => replica(t, server, { limit: perMinute })));
  const decisions = (await Promise.all(replicas.map((limiter) => burst(limiter, 100)))).flat();
  t.equal(grantsIn(decisions), 30);
  for (const decision of decisions) {
    if (decision.granted) t.ok(decision.resetMs > 0 && decision.resetMs <= 60_000, 'at most a window');
    else t.ok(decision.retryAfterMs > 50_000 && decision.retryAfterMs <= 60_000, `${decision.retryAfterMs} ms`);
  }
  for (const limiter of replicas) t.match(limiter.status(), { limit: 30, remaining: 0 });
});

t.test('a call is told what is left over all replicas', { skip }, async (t) => {
  const server = await RedisServer.start(t);
  const [one, other] = [await replica(t, server, { limit: perMinute }), await replica(t, server, { limit: perMinute })];
  t.strictSame(one.status(), { limit: 30, remaining: 30, resetMs: 0 });
  t.match(await one.take(), { granted: true, limit: 30, remaining: 29 });
  t.match(await other.take(), { granted: true, limit: 30, remaining: 28 });
  await sleep(50);
  const remaining = (await burst(one, 3)).map((decision) => decision.remaining);
  t.strictSame(remaining, [27, 26, 25]);
  t.match(one.status(), { remaining: 25 });
  t.match(other.status(), { remaining: 28 }, 'as far as it knows');
});

t.test('a refused call is told when the first permit of any replica ends, and is granted then', { skip }, async (t) => {
  const server = await RedisServer.start(t);
  const { clock, pass } = movableTime(t, server);
  const options = { limit: { calls: 10, windowMs: 60_000 }, clock };
  const [one, other] = [await replica(t, server, options), await replica(t, server, options)];
  await one.take();
  const firstAtMs = performance.now();
  await pass(30_000);
  t.equal(grantsIn(await burst(one, 9)), 9);
  const refusal = await other.take();
  assert.ok(!refusal.granted);
  const freeInMs = firstAtMs + 30_000 - performance.now();
  t.ok(refusal.retryAfterMs > freeInMs - 5 && refusal.retryAfterMs <= 30_000, `${refusal.retryAfterMs} ms`);
  await pass(refusal.retryAfterMs - 1);
  t.match(await other.take(), { granted: false, retryAfterMs: 1 });
  await pass(1);
  t.match(await other.take(), { granted: true, remaining: 0 });
  t.match(await one.take(), { granted: false });
});

t.test(
  'over processes whose clocks disagree, no window sees a call too many and no call is wasted',
  { skip },
  async (t) => {
    const server = await RedisServer.start(t);
    const limit = { calls: 10, windowMs: 500 };
    const processes = await Promise.all(
      [0, 3_600_000, -3_600_000].map((skewMs) => ReplicaProcess.start(t, server, { limit, callers: 8, skewMs })),
    );
    const granted = () => processes.flatMap((each) => each.grantedAtMs).sort((a, b) => a - b);
    await until(() => granted().length >= 60, '60 calls');
    await Promise.all(processes.map((each) => each.kill()));
    const grantedAtMs = granted();
    const apart = (calls: number) =>
      grantedAtMs.slice(calls).map((atMs, index) => atMs - (grantedAtMs[index] ?? Number.NaN));
    const narrowest = Math.min(...apart(limit.calls));
    t.ok(narrowest >= limit.windowMs, `11 calls within ${narrowest} ms`);
    const [firstToLastMs = Number.NaN] = apart(59);
    t.ok(firstToLastMs < 2 * 5 * limit.windowMs, `60 calls took ${firstToLastMs} ms, of which they need 5 windows`);
    for (const each of processes)
      t.strictSame(
        each.lines.filter((line) => line.startsWith('failed')),
        [],
      );
  },
);

t.test('the permits of a replica that was killed come back when their window is over', { skip }, async (t) => {
  const server = await RedisServer.start(t);
  const { clock, pass } = movableTime(t, server);
  const limit = { calls: 10, windowMs: 60_000 };
  const doomed = await ReplicaProcess.start(t, server, { limit, callers: 12 });
  const survivor = await replica(t, server, { limit, clock });
  await doomed.told(/^granted/, 10);
  await doomed.kill();
  const refusal = await survivor.take();
  assert.ok(!refusal.granted);
  await pass(60_000);
  t.equal(grantsIn(await burst(survivor, 12)), 10);
});

t.test('a replica that stood still while others worked has its next call granted', { skip }, async (t) => {
  const server = await RedisServer.start(t);
  const limit = { calls: 10, windowMs: 300 };
  const stalled = await ReplicaProcess.start(t, server, { limit });
  const other = await replica(t, server, { limit });
  stalled.call();
  await stalled.told(/^granted/, 1);
  stalled.signal('SIGSTOP');
  for (let calls = 0; calls < 30; calls++) {
    await other.take();
    await sleep(40);
  }
  stalled.signal('SIGCONT');
  stalled.call();
  const beganMs = performance.now();
  await stalled.told(/^granted/, 2);
  t.ok(performance.now() - beganMs < 2_000);
  t.strictSame(
    stalled.lines.filter((line) => line.startsWith('failed')),
    [],
  );
});

t.test('a Redis that comes back empty heals by itself, and no replica exceeds the limit', { skip }, async (t) => {
  const server = await RedisServer.start(t);
  const { clock, pass } = movableTime(t, server);
  const options = { limit: { calls: 10, windowMs: 60_000 }, clock };
  const [one, other] = [await replica(t, server, options), await replica(t, server, options)];
  t.equal(grantsIn(await burst(one, 6)), 6);
  t.equal(grantsIn(await burst(other, 1)), 1);
  await server.kill();
  await t.rejects(one.take(), failed);
  await t.rejects(other.take(), failed);
  await server.restart({ empty: true });
  t.ok((await timeUntilGranted(other)) < 2_000);
  t.match(await other.take(), { granted: true });
  t.ok((await timeUntilGranted(one)) < 2_000);
  const decisions = await burst(one, 10);
  t.equal(grantsIn(decisions), 3, 'what it granted before Redis forgot still counts');
  t.match(one.status(), { remaining: 0 });
  const refusal = decisions.find(({ granted }) => !granted);
  assert.ok(refusal !== undefined && !refusal.granted);
  t.ok(refusal.retryAfterMs <= 60_000);
  await pass(refusal.retryAfterMs);
  t.ok((await timeUntilGranted(one)) < 200);
});

t.test('a Redis that keeps its memory over a restart is gone on with', { skip }, async (t) => {
  const server = await RedisServer.start(t, { appendOnly: true });
  const [one, other] = [await replica(t, server, { limit: perMinute }), await replica(t, server, { limit: perMinute })];
  await other.take();
  t.equal(grantsIn(await burst(one, 29)), 29);
  await server.restart();
  const beganMs = performance.now();
  for (;;) {
    const decision = await other.take().catch(() => undefined);
    if (decision !== undefined) {
      t.match(decision, { granted: false, remaining: 0 });
      break;
    }
    assert.ok(performance.now() - beganMs < 2_000);
    await sleep(20);
  }
});

t.test('while Redis keeps silent every call is answered within a second, and heals soon after', { skip }, async (t) => {
  const server = await RedisServer.start(t);
  const limiter = await replica(t, server, { limit: perMinute });
  await limiter.take();
  server.pause();
  // For longer than the client bears a silent socket.
  for (let round = 0; round < 5; round++) {
    const beganMs = performance.now();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        limiter.take().then(
          () => undefined,
          (error: unknown) => error,
        ),
      ),
    );
    const passedMs = performance.now() - beganMs;
    t.ok(passedMs < 1_000, `${passedMs} ms`);
    for (const answer of answers) t.match(answer, failed);
    await sleep(50);
  }
  server.resume();
  t.ok((await timeUntilGranted(limiter)) < 2_000);
});

t.test('a Redis that has become a replica fails calls until one can be written to again', { skip }, async (t) => {
  const [server, primary] = [await RedisServer.start(t), await RedisServer.start(t)];
  const limiter = await replica(t, server);
  const redis = connect(t, server);
  await limiter.take();
  await redis.replicaof(primary.url.hostname, Number(primary.url.port));
  await t.rejects(limiter.take(), failed);
  await redis.replicaof('NO', 'ONE');
  t.ok((await timeUntilGranted(limiter)) < 2_000);
});

t.test(
  'a Redis that evicts a connection’s key locks nobody out, and no replica exceeds the limit',
  { skip },
  async (t) => {
    const server = await RedisServer.start(t);
    const redis = connect(t, server);
    const { clock, pass } = movableTime(t, server);
    const options = { limit: { calls: 3, windowMs: 60_000 }, clock };
    const [one, other] = [await replica(t, server, options), await replica(t, server, options)];
    t.strictSame([grantsIn(await burst(one, 2)), grantsIn(await burst(other, 2))], [2, 1]);
    await pass(10_000);
    t.equal(await redis.del(key), 1);
    const decisions = await burst(one, 3);
    t.equal(grantsIn(decisions), 1, 'what it granted before still counts');
    const refusal = decisions.find(({ granted }) => !granted);
    assert.ok(refusal !== undefined && !refusal.granted && refusal.retryAfterMs <= 60_000);
    await pass(refusal.retryAfterMs);
    t.equal(grantsIn(await burst(one, 3)), 2);
  },
);

t.test('nobody waits for longer than a window if the time of Redis was set back', { skip }, async (t) => {
  const server = await RedisServer.start(t);
  const { clock, pass } = movableTime(t, server);
  const options = { limit: { calls: 10, windowMs: 60_000 }, clock };
  const [one, other] = [await replica(t, server, options), await replica(t, server, options)];
  await burst(one, 10);
  await sleep(50);
  await pass(-3_600_000);
  const refusal = await other.take();
  assert.ok(!refusal.granted);
  assert.ok(refusal.retryAfterMs <= 60_000, `${refusal.retryAfterMs} ms`);
  await pass(refusal.retryAfterMs);
  t.match(await other.take(), { granted: true });
});

/**
 * Lets something happen before a script is sent, or before its answer arrives. A limiter's first script asks for calls,
 * its second tells that they have set out.
 */
function beforeScript(
  number: number,
  happens: () => Promise<unknown>,
  answered: () => Promise<unknown> = async () => undefined,
): (redis: Redis) => Redis {
  let asked = 0;
  return (redis) =>
    new Proxy(redis, {
      get(target, name) {
        if (name !== 'evalsha') return Reflect.get(target, name);
        return async (...call: Parameters<Redis['evalsha']>) => {
          asked += 1;
          if (asked !== number) return target.evalsha(...call);
          await happens();
          const answer = await target.evalsha(...call);
          await answered();
          return answer;
        };
      },
    });
}

t.test('a call that another replica took in between is a refusal, and later calls are granted', { skip }, async (t) => {
  const server = await RedisServer.start(t);
  const { clock, pass } = movableTime(t, server);
  const options = { limit: { calls: 10, windowMs: 60_000 }, clock };
  const faster = await replica(t, server, options);
  const slower = await replica(t, server, { ...options, through: beforeScript(1, () => burst(faster, 10)) });
  const refusal = await slower.take();
  t.match(refusal, { granted: false, remaining: 0 });
  assert.ok(!refusal.granted && refusal.retryAfterMs > 50_000 && refusal.retryAfterMs <= 60_000);
  // The faster one says only now that its calls have set out.
  await sleep(50);
  await pass(60_000);
  t.equal(grantsIn(await burst(slower, 12)), 10);
});

t.test(
  'a call whose answer was lost counts until its window is over, and leaves no key for ever',
  { skip },
  async (t) => {
    const server = await RedisServer.start(t);
    const redis = connect(t, server);
    await primeScript(t, server);
    const lost = () => Promise.reject(new Error('the end'));
    const { clock, pass } = movableTime(t, server);
    const limit = { calls: 10, windowMs: 60_000 };
    const limiter = await replica(t, server, { limit, clock, through: beforeScript(1, async () => undefined, lost) });
    await t.rejects(limiter.take(), { ...failed, cause: { message: 'the end' } });
    t.equal((await redis.keys('*')).length, 2);
    t.ok((await redis.pttl(key)) > 0);
    const decisions = await burst(limiter, 12);
    t.equal(grantsIn(decisions), 9);
    const refusal = decisions.find(({ granted }) => !granted);
    assert.ok(refusal !== undefined && !refusal.granted && refusal.retryAfterMs <= 60_000);
    await pass(60_000);
    t.equal(grantsIn(await burst(limiter, 12)), 10);
  },
);

t.test('a question that is never answered does not keep later calls waiting', { skip }, async (t) => {
  const server = await RedisServer.start(t);
  const limiter = await replica(t, server, { through: beforeScript(1, () => new Promise(() => undefined)) });
  const beganMs = performance.now();
  const calls = [limiter.take()];
  await sleep(100);
  calls.push(limiter.take());
  for (const call of calls) await t.rejects(call, failed);
  t.ok(performance.now() - beganMs < 1_000);
  t.match(await limiter.take(), { granted: true });
});

t.test('an answer for which this process stood still is none', { skip }, async (t) => {
  const server = await RedisServer.start(t);
  await primeScript(t, server);
  let stoodStillMs = 0;
  const clock: Clock = {
    ...systemClock,
    now: () => systemClock.now() + stoodStillMs,
    monotonic: () => systemClock.monotonic() + stoodStillMs,
  };
  const standStill = async () => {
    stoodStillMs += 3_600_000;
  };
  const limiter = await replica(t, server, { clock, through: beforeScript(1, async () => undefined, standStill) });
  await t.rejects(limiter.take(), failed);
  t.match(await limiter.take(), { granted: true, remaining: 8 }, 'the call counts as made');
});

t.test('the window of a call begins when it sets out, however late Redis’ answer came', { skip }, async (t) => {
  const server = await RedisServer.start(t);
  const limit = { calls: 1, windowMs: 2_000 };
  const nothing = async () => undefined;
  await primeScript(t, server);
  const late = await replica(t, server, { limit, through: beforeScript(1, nothing, () => sleep(200)) });
  const other = await replica(t, server, { limit });
  t.match(await late.take(), { granted: true });
  const setOutAtMs = performance.now();
  await sleep(50);
  const refusal = await other.take();
  assert.ok(!refusal.granted);
  const freeInMs = setOutAtMs + 2_000 - performance.now();
  t.ok(refusal.retryAfterMs > freeInMs - 5, `${refusal.retryAfterMs} ms, of which ${freeInMs} are left`);
});

t.test('a changed limit holds from the next call on', { skip }, async (t) => {
  const server = await RedisServer.start(t);
  const before = await replica(t, server, { limit: { calls: 5, windowMs: 60_000 } });
  t.equal(grantsIn(await burst(before, 9)), 5);
  const after = await replica(t, server, { limit: { calls: 8, windowMs: 60_000 } });
  t.equal(grantsIn(await burst(after, 9)), 3);
});

t.test('under a lower limit a call is told when enough calls have left their window', { skip }, async (t) => {
  const server = await RedisServer.start(t);
  const { clock, pass } = movableTime(t, server);
  const before = await replica(t, server, { limit: { calls: 4, windowMs: 60_000 }, clock });
  await burst(before, 2);
  await pass(30_000);
  await burst(before, 2);
  const lowered = await replica(t, server, { limit: { calls: 2, windowMs: 60_000 }, clock });
  const refusal = await lowered.take();
  assert.ok(!refusal.granted);
  t.ok(refusal.retryAfterMs > 50_000 && refusal.retryAfterMs <= 60_000, `${refusal.retryAfterMs} ms`);
  await pass(refusal.retryAfterMs);
  t.match(await lowered.take(), { granted: true, remaining: 1 });
});

t.test(
  '30 calls at once on a new connection are handed out in the same turn of the event loop',
  { skip },
  async (t) => {
    const server = await RedisServer.start(t);
    const limiter = await replica(t, server, { limit: perMinute });
    let handedOut = 0;
    let afterTheFirst: number | undefined;
    const calls = Array.from({ length: 30 }, async () => {
      assert.ok((await limiter.take()).granted);
      handedOut += 1;
      if (handedOut === 1) setImmediate(() => (afterTheFirst = handedOut));
    });
    await Promise.all(calls);
    await new Promise((resolve) => setImmediate(resolve));
    t.equal(afterTheFirst, 30);
  },
);

t.test('connections do not disturb each other', { skip }, async (t) => {
  const server = await RedisServer.start(t);
  const one = await replica(t, server, { connectionId: 'one', limit: perMinute });
  const other = await replica(t, server, { connectionId: 'other', limit: perMinute });
  const decisions = await Promise.all([burst(one, 40), burst(other, 40)]);
  t.strictSame(decisions.map(grantsIn), [30, 30]);
});

t.test('refused calls never reach Redis, and calls of one instant are asked for together', { skip }, async (t) => {
  const server = await RedisServer.start(t);
  const [one, other] = [await replica(t, server, { limit: perMinute }), await replica(t, server, { limit: perMinute })];
  const redis = connect(t, server);
  await one.take();
  await other.take();
  await sleep(50);
  await redis.config('RESETSTAT');
  t.equal(grantsIn(await burst(one, 28)), 28);
  await sleep(50);
  t.equal(await scriptsRun(redis), 2, 'for the calls, and for the beginning of their windows');
  t.match(await other.take(), { granted: false });
  await redis.config('RESETSTAT');
  for (const limiter of [one, other]) t.equal(grantsIn(await burst(limiter, 5_000)), 0);
  t.equal(await scriptsRun(redis), 0);
});

t.test('a connection has one key, which names it and goes when nobody calls', { skip }, async (t) => {
  const server = await RedisServer.start(t);
  const redis = connect(t, server);
  const { clock, pass } = movableTime(t, server);
  const options = { limit: { calls: 10, windowMs: 400 }, clock };
  const [one, other] = [await replica(t, server, options), await replica(t, server, options)];
  await burst(one, 7);
  await burst(other, 7);
  t.strictSame(await redis.keys('*'), [key]);
  const ttlMs = await redis.pttl(key);
  t.ok(ttlMs > 0 && ttlMs <= 800, `for ${ttlMs} ms`);
  await pass(400);
  await one.take();
  t.equal(await redis.zcard(key), 1, 'calls that left their window are gone');
  await until(async () => (await redis.keys('*')).length === 0, 'the end of the key');
  await pass(400);
  t.match(await one.take(), { granted: true }, 'and come back with the next call');
});

t.test('an idle limiter holds nothing', { skip }, async (t) => {
  const server = await RedisServer.start(t);
  const clock = new ManualClock();
  const limiter = await replica(t, server, { clock });
  await limiter.take();
  // Redis hears that the call set out, and answers, while this clock stands still.
  await sleep(100);
  await clock.advance(999);
  t.equal(clock.sleeping, 1, 'its slots');
  await clock.advance(1_001);
  t.equal(clock.sleeping, 0);
  t.strictSame(limiter.status(), { limit: 10, remaining: 10, resetMs: 0 });
  t.match(await limiter.take(), { granted: true });
});

t.test('a clock set back locks nobody out for longer than a window', { skip }, async (t) => {
  const server = await RedisServer.start(t);
  const { clock, pass } = movableTime(t, server);
  const limiter = await replica(t, server, { limit: perMinute, clock });
  await burst(limiter, 30);
  clock.step(-3_600_000);
  const refusal = await limiter.take();
  assert.ok(!refusal.granted && refusal.retryAfterMs <= 60_000);
  await pass(refusal.retryAfterMs);
  t.match(await limiter.take(), { granted: true });
});

t.test('closing one limiter answers its calls and leaves the client to the others', { skip }, async (t) => {
  const server = await RedisServer.start(t);
  const redis = connect(t, server);
  const options = { limit: perMinute, clock: systemClock, redis };
  const closed = new RedisCallLimiter({ ...options, connectionId: 'closed' });
  const other = new RedisCallLimiter({ ...options, connectionId: 'other' });
  const call = closed.take();
  const closing = closed.close();
  t.equal(closed.close(), closing, 'closing twice is closing once');
  await t.rejects(closed.take(), { name: 'ServiceError', code: /^call_limiter_closed$/, statusCode: 503 });
  let answered = false;
  void call.then(() => {
    answered = true;
  });
  await closing;
  t.ok(answered);
  t.match(await call, { granted: true });
  t.match(await other.take(), { granted: true });
  t.match(await new RedisCallLimiter({ ...options, connectionId: 'closed' }).take(), { granted: true, remaining: 28 });
  await other.close();
});

t.test('calls that set out keep a time of their own, however closely others follow', { skip }, async (t) => {
  const server = await RedisServer.start(t);
  const limiter = await replica(t, server, { limit: perMinute });
  const redis = connect(t, server);
  await limiter.take();
  const calls: Promise<CallDecision>[] = [];
  // Each is asked for while the question before it is under way, which also says that earlier calls have set out.
  for (let call = 0; call < 5; call += 1) {
    calls.push(limiter.take());
    await calls.at(-2);
  }
  await Promise.all(calls);
  await until(async () => (await redis.zcard(key)) === 6);
  const scores = (await redis.zrange(key, 0, '+inf', 'BYSCORE', 'WITHSCORES')).filter((_, index) => index % 2 === 1);
  t.ok(new Set(scores).size > 2, `the calls leave one after the other: ${scores.join(' ')}`);
});
