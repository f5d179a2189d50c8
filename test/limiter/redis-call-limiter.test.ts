import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Redis } from 'ioredis';
import t, { type Test } from 'tap';
import { type Clock, systemClock } from '../../src/clock/clock.js';
import type { CallDecision, CallLimit } from '../../src/limiter/call-limiter.js';
import { RedisCallLimiter } from '../../src/limiter/redis-call-limiter.js';
import { closeRedis, openRedis } from '../../src/redis/redis.js';
import { ManualClock } from '../support/manual-clock.js';
import { RedisServer, skipWithoutRedisServer as skip } from '../support/redis-server.js';

const tenASecond: CallLimit = { calls: 10, windowMs: 1_000 };
const perMinute: CallLimit = { calls: 30, windowMs: 60_000 };
const fingerprint = '0123456789abcdef0123456789abcdef';
const failed = { name: 'ServiceError', code: /^call_limiter_failed$/, statusCode: 503, retryAfterMs: 2_000 };

interface ReplicaOptions {
  readonly limit?: CallLimit;
  readonly fingerprint?: string;
  readonly clock?: Clock;
  /** What the limiter is given instead of the client. */
  readonly through?: (redis: Redis) => Redis;
}

async function connect(t: Test, server: RedisServer): Promise<Redis> {
  const redis = openRedis(server.url, { onError: () => undefined });
  t.teardown(() => closeRedis(redis));
  await redis.connect();
  return redis;
}

/** A limiter with a client of its own, as in a process of its own. */
async function replica(t: Test, server: RedisServer, options: ReplicaOptions = {}): Promise<RedisCallLimiter> {
  const redis = await connect(t, server);
  const limiter = new RedisCallLimiter({
    fingerprint: options.fingerprint ?? fingerprint,
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
    const started = new ReplicaProcess([server.url.href, fingerprint, limit.calls, limit.windowMs, callers, skewMs]);
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
    const deadlineMs = performance.now() + 20_000;
    for (;;) {
      const found = this.lines.filter((line) => pattern.test(line));
      if (found.length >= count) return found;
      assert.ok(performance.now() < deadlineMs, `no ${pattern} in ${this.lines.slice(-5).join('; ')}`);
      await sleep(10);
    }
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
  const remaining = (await burst(one, 3)).map((decision) => decision.remaining);
  t.strictSame(remaining, [27, 26, 25]);
  t.match(one.status(), { remaining: 25 });
  t.match(other.status(), { remaining: 28 }, 'as far as it knows');
});

t.test('a refused call is told when the first permit of any replica ends, and is granted then', { skip }, async (t) => {
  const server = await RedisServer.start(t);
  const limit = { calls: 10, windowMs: 2_000 };
  const [one, other] = [await replica(t, server, { limit }), await replica(t, server, { limit })];
  await one.take();
  const firstAtMs = performance.now();
  await sleep(800);
  t.equal(grantsIn(await burst(one, 9)), 9);
  const refusal = await other.take();
  assert.ok(!refusal.granted);
  const lateMs = refusal.retryAfterMs - (firstAtMs + 2_000 - performance.now());
  t.ok(lateMs > -5 && lateMs < 300, `${lateMs} ms after the first permit ends`);
  // A timer may be a millisecond early.
  await sleep(refusal.retryAfterMs + 1);
  t.match(await other.take(), { granted: true, remaining: 0 });
  t.match(await one.take(), { granted: false });
});

t.test(
  'over processes whose clocks disagree, no window sees a call too many and no call is wasted',
  { skip },
  async (t) => {
    const server = await RedisServer.start(t);
    const processes = await Promise.all(
      [0, 3_600_000, -3_600_000].map((skewMs) => ReplicaProcess.start(t, server, { callers: 8, skewMs })),
    );
    await sleep(5_000);
    await Promise.all(processes.map((each) => each.kill()));
    const grantedAtMs = processes.flatMap((each) => each.grantedAtMs).sort((a, b) => a - b);
    const narrowest = Math.min(
      ...grantedAtMs.map((atMs, index) => (grantedAtMs[index + tenASecond.calls] ?? Number.POSITIVE_INFINITY) - atMs),
    );
    t.ok(narrowest >= tenASecond.windowMs, `11 calls within ${narrowest} ms`);
    t.ok(grantedAtMs.length >= 35, `${grantedAtMs.length} calls in 5 s`);
    for (const each of processes)
      t.strictSame(
        each.lines.filter((line) => line.startsWith('failed')),
        [],
      );
  },
);

t.test('the permits of a replica that was killed come back when their window is over', { skip }, async (t) => {
  const server = await RedisServer.start(t);
  const doomed = await ReplicaProcess.start(t, server, { limit: { calls: 10, windowMs: 1_500 }, callers: 12 });
  const survivor = await replica(t, server, { limit: { calls: 10, windowMs: 1_500 } });
  await doomed.told(/^granted/, 10);
  await doomed.kill();
  const refusal = await survivor.take();
  assert.ok(!refusal.granted);
  await sleep(refusal.retryAfterMs + 1);
  await sleep(50);
  t.equal(grantsIn(await burst(survivor, 12)), 10);
});

t.test('a replica that stood still while others worked has its next call granted', { skip }, async (t) => {
  const server = await RedisServer.start(t);
  const stalled = await ReplicaProcess.start(t, server);
  const other = await replica(t, server);
  stalled.call();
  await stalled.told(/^granted/, 1);
  stalled.signal('SIGSTOP');
  // Bottleneck forgets a client that has not been seen for two windows.
  for (let calls = 0; calls < 30; calls++) {
    await other.take();
    await sleep(120);
  }
  const redis = await connect(t, server);
  t.equal(await redis.zcard(`b_pagerduty-connector:{${fingerprint}}_client_last_seen`), 1, 'it is forgotten');
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
  const limit = { calls: 10, windowMs: 6_000 };
  const [one, other] = [await replica(t, server, { limit }), await replica(t, server, { limit })];
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
  t.ok(refusal.retryAfterMs <= 6_000);
  await sleep(refusal.retryAfterMs + 1);
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
  for (let round = 0; round < 4; round++) {
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
    await sleep(300);
  }
  server.resume();
  t.ok((await timeUntilGranted(limiter)) < 2_000);
});

t.test('a Redis that has become a replica fails calls until one can be written to again', { skip }, async (t) => {
  const [server, primary] = [await RedisServer.start(t), await RedisServer.start(t)];
  const limiter = await replica(t, server);
  const redis = await connect(t, server);
  await limiter.take();
  await redis.replicaof(primary.url.hostname, Number(primary.url.port));
  await t.rejects(limiter.take(), failed);
  await redis.replicaof('NO', 'ONE');
  t.ok((await timeUntilGranted(limiter)) < 2_000);
});

t.test('a Redis that evicts a part of a connection’s keys locks nobody out', { skip }, async (t) => {
  const server = await RedisServer.start(t);
  const redis = await connect(t, server);
  for (const name of ['job_weights', 'job_expirations', 'job_clients', 'client_running', 'client_num_queued']) {
    const limit = { calls: 2, windowMs: 400 };
    const options = { limit, fingerprint: name };
    const [one, other] = [await replica(t, server, options), await replica(t, server, options)];
    t.match([await one.take(), await other.take()], [{ granted: true }, { granted: true }]);
    t.equal(await redis.del(`b_pagerduty-connector:{${name}}_${name}`), 1);
    await sleep(450);
    t.match([await one.take(), await other.take()], [{ granted: true }, { granted: true }], name);
    t.match([await one.take(), await other.take()], [{ granted: false }, { granted: false }], name);
  }
});

t.test('nobody waits for longer than a window where the time of Redis was set back', { skip }, async (t) => {
  const server = await RedisServer.start(t);
  const [one, other] = [await replica(t, server), await replica(t, server)];
  await burst(one, 10);
  const redis = await connect(t, server);
  const [ends, settings] = ['job_expirations', 'settings'].map(
    (name) => `b_pagerduty-connector:{${fingerprint}}_${name}`,
  );
  assert.ok(ends !== undefined && settings !== undefined);
  for (const permit of await redis.zrange(ends, 0, -1)) await redis.zincrby(ends, 3_600_000, permit);
  await redis.hset(settings, 'nextRequest', Date.now() + 3_600_000);
  const refusal = await other.take();
  assert.ok(!refusal.granted);
  t.ok(refusal.retryAfterMs <= 1_000, `${refusal.retryAfterMs} ms`);
  await sleep(refusal.retryAfterMs + 1);
  t.match(await other.take(), { granted: true });
});

/**
 * Lets something happen before a script is sent, or before its answer arrives. A limiter's first scripts are init,
 * register_client, submit, register.
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

t.test(
  'a permit that another replica took in between is a refusal, and later calls are granted',
  { skip },
  async (t) => {
    const server = await RedisServer.start(t);
    const faster = await replica(t, server);
    const slower = await replica(t, server, { through: beforeScript(4, () => burst(faster, 10)) });
    const refusal = await slower.take();
    t.match(refusal, { granted: false, remaining: 0 });
    assert.ok(!refusal.granted && refusal.retryAfterMs > 500 && refusal.retryAfterMs <= 1_000);
    await sleep(refusal.retryAfterMs + 50);
    t.equal(grantsIn(await burst(slower, 12)), 10);
  },
);

t.test('a replica that ends while it asks for the first time leaves no key for ever', { skip }, async (t) => {
  const server = await RedisServer.start(t);
  const redis = await connect(t, server);
  const end = () => Promise.reject(new Error('the end'));
  for (const number of [2, 3, 4]) {
    const limiter = await replica(t, server, { limit: perMinute, through: beforeScript(number, end) });
    await t.rejects(limiter.take(), { ...failed, cause: { message: 'the end' } });
    const keys = await redis.keys('*');
    t.ok(keys.length > 0);
    for (const key of keys) t.ok((await redis.pttl(key)) > 0, key);
    t.match(await limiter.take(), { granted: true }, 'and the next call is asked for afresh');
    await redis.flushall();
  }
});

t.test('a question that is never answered does not keep later calls waiting', { skip }, async (t) => {
  const server = await RedisServer.start(t);
  const limiter = await replica(t, server, { through: beforeScript(4, () => new Promise(() => undefined)) });
  const beganMs = performance.now();
  await t.rejects(limiter.take(), failed);
  t.ok(performance.now() - beganMs < 1_000);
  await t.rejects(limiter.take(), failed);
  t.ok((await timeUntilGranted(limiter)) < 1_000);
});

t.test('the window of a call begins when it sets out, however late Redis’ answer came', { skip }, async (t) => {
  const server = await RedisServer.start(t);
  const limit = { calls: 1, windowMs: 2_000 };
  const nothing = async () => undefined;
  // Redis knows the scripts from here on, and answers them at once.
  await (await replica(t, server, { limit, fingerprint: 'first' })).take();
  const late = await replica(t, server, { limit, through: beforeScript(4, nothing, () => sleep(500)) });
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

t.test('connections do not disturb each other', { skip }, async (t) => {
  const server = await RedisServer.start(t);
  const one = await replica(t, server, { fingerprint: 'one', limit: perMinute });
  const other = await replica(t, server, { fingerprint: 'other', limit: perMinute });
  const decisions = await Promise.all([burst(one, 40), burst(other, 40)]);
  t.strictSame(decisions.map(grantsIn), [30, 30]);
});

t.test('refused calls never reach Redis, and calls of one instant are asked for together', { skip }, async (t) => {
  const server = await RedisServer.start(t);
  const [one, other] = [await replica(t, server, { limit: perMinute }), await replica(t, server, { limit: perMinute })];
  const redis = await connect(t, server);
  await one.take();
  await other.take();
  await sleep(50);
  await redis.config('RESETSTAT');
  t.equal(grantsIn(await burst(one, 28)), 28);
  await sleep(50);
  t.equal(await scriptsRun(redis), 3, 'submit, register, and the beginning of the window');
  t.match(await other.take(), { granted: false });
  await redis.config('RESETSTAT');
  for (const limiter of [one, other]) t.equal(grantsIn(await burst(limiter, 5_000)), 0);
  t.equal(await scriptsRun(redis), 0);
});

t.test(
  'every key names its connection, is found on one node of a cluster, and goes when nobody calls',
  { skip },
  async (t) => {
    const server = await RedisServer.start(t);
    const redis = await connect(t, server);
    const [one, other] = [await replica(t, server), await replica(t, server)];
    await burst(one, 7);
    await burst(other, 7);
    const keys = await redis.keys('*');
    t.equal(keys.length, 8);
    for (const key of keys) {
      t.ok(key.startsWith(`b_pagerduty-connector:{${fingerprint}}_`), key);
      const ttlMs = await redis.pttl(key);
      t.ok(ttlMs > 0 && ttlMs <= 2_000, `${key} for ${ttlMs} ms`);
    }
    await sleep(1_100);
    await one.take();
    t.equal(
      await redis.zcard(`b_pagerduty-connector:{${fingerprint}}_job_expirations`),
      1,
      'permits that ended are gone',
    );
    await sleep(2_100);
    t.strictSame(await redis.keys('*'), []);
    t.match(await one.take(), { granted: true }, 'and come back with the next call');
  },
);

t.test('an idle limiter holds nothing', { skip }, async (t) => {
  const server = await RedisServer.start(t);
  const clock = new ManualClock();
  const limiter = await replica(t, server, { clock });
  t.ok(limiter.idle, 'before the first call');
  await limiter.take();
  // Redis hears when the call set out, and answers, while this clock stands still.
  await sleep(100);
  await clock.advance(999);
  limiter.releaseIdle();
  t.notOk(limiter.idle, 'in its window');
  await clock.advance(1_000);
  limiter.releaseIdle();
  t.notOk(limiter.idle, 'used a moment ago');
  await clock.advance(1);
  t.notOk(limiter.idle, 'not yet given back');
  limiter.releaseIdle();
  t.ok(limiter.idle);
  t.equal(clock.sleeping, 0);
  t.match(await limiter.take(), { granted: true });
});

t.test('a clock set back locks nobody out for longer than a window', { skip }, async (t) => {
  const server = await RedisServer.start(t);
  const clock = new ManualClock();
  const limiter = await replica(t, server, { clock });
  await burst(limiter, 10);
  await clock.advance(-3_600_000);
  const refusal = await limiter.take();
  assert.ok(!refusal.granted && refusal.retryAfterMs <= 1_000);
  await sleep(refusal.retryAfterMs + 1);
  await clock.advance(refusal.retryAfterMs);
  t.match(await limiter.take(), { granted: true });
});

t.test('closing one limiter answers its calls and leaves the client to the others', { skip }, async (t) => {
  const server = await RedisServer.start(t);
  const redis = await connect(t, server);
  const options = { limit: perMinute, clock: systemClock, redis };
  const closed = new RedisCallLimiter({ ...options, fingerprint: 'closed' });
  const other = new RedisCallLimiter({ ...options, fingerprint: 'other' });
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
  t.match(await new RedisCallLimiter({ ...options, fingerprint: 'closed' }).take(), { granted: true, remaining: 28 });
  await other.close();
});
