import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { closeRedis, openRedis } from '../../src/redis/redis.js';
import { RedisServer, skipWithoutRedisServer as skip } from '../support/redis-server.js';
import { until } from '../support/until.js';

async function open(t: Test, url: URL) {
  const errors: Error[] = [];
  const redis = openRedis(url, { onError: (error) => errors.push(error) });
  t.teardown(() => closeRedis(redis));
  return { redis, errors };
}

/** How long something took until it was true, in milliseconds. */
async function timeUntil(done: () => Promise<boolean>): Promise<number> {
  const beganMs = performance.now();
  await until(done);
  return performance.now() - beganMs;
}

async function millisecondsOf(work: Promise<unknown>): Promise<number> {
  const beganMs = performance.now();
  await work.catch(() => undefined);
  return performance.now() - beganMs;
}

t.test(
  'commands fail at once while Redis is gone, and are answered again soon after it is back',
  { skip },
  async (t) => {
    const server = await RedisServer.start(t);
    const { redis, errors } = await open(t, server.url);
    await redis.connect();
    t.equal(await redis.set('a', '1'), 'OK');
    await server.kill();
    t.ok((await millisecondsOf(t.rejects(redis.get('a')))) < 500);
    const failedBefore = errors.length;
    await until(() => errors.length >= failedBefore + 3, 'that the client has tried again and again');
    t.ok((await millisecondsOf(t.rejects(redis.get('a')))) < 100, 'no command waits for a connection');
    await server.restart();
    const backMs = await timeUntil(() =>
      redis.ping().then(
        () => true,
        () => false,
      ),
    );
    t.ok(backMs < 2_000, `back after ${backMs} ms`);
    t.equal(await redis.get('a'), null);
    t.match(errors[0], { message: /ECONN/ });
  },
);

t.test('a Redis that keeps silent costs each command 300 ms, and is used again soon after', { skip }, async (t) => {
  const server = await RedisServer.start(t);
  const { redis } = await open(t, server.url);
  await redis.connect();
  await redis.set('a', '1');
  server.pause();
  const waitedMs = await millisecondsOf(t.rejects(redis.get('a'), { message: /timed out/ }));
  t.ok(waitedMs > 250 && waitedMs < 700, `${waitedMs} ms`);
  let replaced = false;
  redis.once('reconnecting', () => (replaced = true));
  await until(() => replaced, 'that the client gives the silent socket up');
  await until(() => redis.status !== 'reconnecting', 'its next connection, which nobody answers either');
  t.ok((await millisecondsOf(t.rejects(redis.get('a')))) < 700);
  server.resume();
  const backMs = await timeUntil(() =>
    redis.get('a').then(
      (value) => value === '1',
      () => false,
    ),
  );
  t.ok(backMs < 2_000, `back after ${backMs} ms`);
});

t.test('a socket whose other end has vanished is replaced', { skip }, async (t) => {
  const server = await RedisServer.start(t);
  const sockets: Socket[] = [];
  // Carries bytes both ways until told to lose them, without ever closing a socket: a failover without a goodbye.
  const proxy = createServer((near) => {
    const far = connect(Number(server.url.port), server.url.hostname);
    sockets.push(near, far);
    for (const socket of [near, far]) socket.on('error', () => undefined);
    near.pipe(far);
    far.pipe(near);
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });
  const address = proxy.address();
  assert.ok(typeof address === 'object' && address !== null);
  const { redis } = await open(t, new URL(`redis://127.0.0.1:${address.port}`));
  await redis.connect();
  for (const socket of sockets) {
    socket.unpipe();
    socket.resume();
  }
  await t.rejects(redis.ping(), { message: /timed out/ });
  const backMs = await timeUntil(() =>
    redis.ping().then(
      () => true,
      () => false,
    ),
  );
  t.ok(backMs < 2_500, `back after ${backMs} ms`);
});

t.test('a server that has become a replica is left', { skip }, async (t) => {
  const server = await RedisServer.start(t);
  const other = await RedisServer.start(t);
  const { redis } = await open(t, server.url);
  await redis.connect();
  const [before] = (await redis.client('ID').then((id) => [id])) ?? [];
  await redis.replicaof(other.url.hostname, Number(other.url.port));
  await t.rejects(redis.set('a', '1'), { message: /READONLY/ });
  await timeUntil(() =>
    redis.client('ID').then(
      (id) => id !== before,
      () => false,
    ),
  );
});

t.test('a command whose answer was lost is never sent again', { skip }, async (t) => {
  const server = await RedisServer.start(t, { appendOnly: true });
  const { redis } = await open(t, server.url);
  await redis.connect();
  server.pause();
  await t.rejects(redis.incr('count'));
  await server.restart();
  await timeUntil(() =>
    redis.ping().then(
      () => true,
      () => false,
    ),
  );
  t.equal(await redis.get('count'), null);
});

t.test('an error tells no password', { skip }, async (t) => {
  const server = await RedisServer.start(t);
  const { redis } = await open(t, server.url);
  await redis.connect();
  await redis.config('SET', 'requirepass', 'right');
  const url = new URL(server.url);
  url.password = 's3cret-word';
  const { redis: stranger, errors } = await open(t, url);
  await stranger.connect().catch(() => undefined);
  await timeUntil(async () => errors.length > 0);
  for (const error of errors) {
    t.notMatch(JSON.stringify({ ...error, message: error.message, stack: error.stack }), /s3cret-word/);
  }
  t.match(errors[0], { message: /WRONGPASS/ });
});

t.test('closing ends the client in whatever state it is', { skip }, async (t) => {
  const server = await RedisServer.start(t);
  const states = await Promise.all([open(t, server.url), open(t, server.url), open(t, server.url)]);
  const [fresh, ready, broken] = states.map(({ redis }) => redis);
  assert.ok(fresh && ready && broken);
  await ready.connect();
  await broken.connect();
  const answer = ready.ping();
  await closeRedis(ready);
  t.equal(await answer, 'PONG', 'what was under way is answered');
  await closeRedis(fresh);
  server.pause();
  t.ok((await millisecondsOf(closeRedis(broken))) < 700);
  for (const redis of [fresh, ready, broken]) {
    await timeUntil(async () => redis.status === 'end');
    await closeRedis(redis);
  }
});
