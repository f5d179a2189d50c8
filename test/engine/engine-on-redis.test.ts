import fc from 'fast-check';
import { Redis } from 'ioredis';
import t, { type Test } from 'tap';
import { closeRedis, openRedis } from '../../src/redis/redis.js';
import { RedisStore } from '../../src/stores/redis-store.js';
import { LossyProxy } from '../support/lossy-proxy.js';
import { RedisServer, skipWithoutRedisServer as skip } from '../support/redis-server.js';
import { SimulatedHost } from '../support/simulated-host.js';
import { type LosableData, World } from '../support/simulated-world.js';
import { historyRuns } from '../support/simulation/history-runs.js';
import { everyday, type Move, usualTrouble } from '../support/simulation/moves.js';
import { playHistory } from '../support/simulation/play-history.js';
import { losses } from '../support/simulation/trouble-moves.js';
import { until } from '../support/until.js';
import { storeFailures, WorldOnRedis } from '../support/world-on-redis.js';

/** How many histories are played. More of them: HISTORIES=300 SEED=random npx tap run --timeout=1000 test/engine. */
const numRuns = Number(process.env.HISTORIES ?? 30);
const limitMs = 120_000 + 3_000 * numRuns;
const length = { minLength: 20, maxLength: 120, size: 'max' } as const;
const moves = [...everyday, ...usualTrouble, { weight: 3, arbitrary: storeFailures }];
const history = fc.array<Move<WorldOnRedis>>(fc.oneof(...moves, { weight: 4, arbitrary: losses }), length);
const historyWithoutLosses = fc.array<Move<WorldOnRedis>>(fc.oneof(...moves), length);

async function open(t: Test, { url }: { url: URL }, redis = openRedis(url, { onError: () => undefined })) {
  t.teardown(() => closeRedis(redis));
  await redis.connect();
  return { redis, store: new RedisStore(redis, { retentionMs: 168 * 3_600_000, random: () => 0.5 }) };
}

/** Everything in a Redis. A copy that comes back is what a failover to a replica that lagged leaves. */
function dataOf(redis: Redis): LosableData {
  let copied: readonly (readonly [string, Buffer])[] | undefined;
  return {
    lose: () => redis.flushall(),
    copy: async () => {
      const keys = await redis.keys('*');
      copied = await Promise.all(keys.map(async (key) => [key, await redis.dumpBuffer(key)] as const));
    },
    goBack: async () => {
      if (copied === undefined) return false;
      await redis.flushall();
      for (const [key, dump] of copied) await redis.restore(key, 0, dump);
      return true;
    },
  };
}

t.test(
  'replicas that share a Redis lose nothing and deliver nothing twice, whatever happens',
  { skip, timeout: limitMs },
  async (t) => {
    const server = await RedisServer.start(t);
    // Clients that wait however long: a history fails if it is wrong, not if the machine is slow.
    const patient = () => new Redis(server.url.href, { lazyConnect: true });
    const { redis, store: one } = await open(t, server, patient());
    const { store: two } = await open(t, server, patient());
    const totals = { histories: 0, owed: 0, delivered: 0, crashes: 0, faults: 0, polls: 0, losses: 0, replays: 0 };
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(fc.oneof(history, historyWithoutLosses), async (moves) => {
        runs += 1;
        await redis.flushall();
        const world = new WorldOnRedis([one, two], runs, dataOf(redis));
        const { owed, delivered } = await playHistory(world, moves, ({ losses }) => ({ sameOrder: losses === 0 }));
        totals.histories += 1;
        totals.owed += owed;
        totals.delivered += delivered;
        totals.crashes += world.crashed;
        totals.faults += world.upstream.faulted;
        totals.polls += world.observed.polls;
        totals.losses += world.losses;
        totals.replays += world.observed.replays;
      }),
      historyRuns(numRuns, limitMs),
    );
    t.comment(JSON.stringify(totals));
    t.ok(totals.delivered > totals.histories, 'events were delivered');
    t.ok(totals.losses > 0 || numRuns < 30, 'logs were lost');
  },
);

t.test('a commit whose answer is lost has delivered everything once', { skip }, async (t) => {
  const server = await RedisServer.start(t);
  const proxy = await LossyProxy.start(t, server.url);
  const { redis, store } = await open(t, proxy);
  const commit = store.commit.bind(store);
  let commits = 0;
  store.commit = (connection, what) => {
    commits += 1;
    if (what.events.length > 0 && proxy.lost === 0) proxy.loseNextAnswer();
    return commit(connection, what);
  };
  const world = new WorldOnRedis([store, store], 1, dataOf(redis));
  const host = new SimulatedHost({ kind: 'created' });
  await world.poll(host);
  await world.clock.advance(60_000);
  await world.control('/incidents', { title: 'Broken', count: 3, serviceId: 'PSVCPAY' });
  await world.poll(host);
  t.equal(proxy.lost, 1);
  t.strictSame(host.received, []);
  const isBack = () =>
    store.check().then(
      () => true,
      () => undefined,
    );
  await until(isBack, 'the connection to Redis');
  for (let round = 0; round < 3; round += 1) {
    await world.clock.advance(60_000);
    await world.poll(host);
  }
  t.strictSame(
    host.received,
    world.sandbox.account.incidents.map(({ id }) => id),
  );
  t.equal(commits, 2, 'what was committed was found in the store, not delivered again');
});

t.test(
  'replicas with a Redis in common poll PagerDuty once in an interval, and answer from one log',
  { skip },
  async (t) => {
    const server = await RedisServer.start(t);
    const { store: one } = await open(t, server);
    const { store: two } = await open(t, server);
    const world = new World(one, 1);
    const [first, second] = [new SimulatedHost({ kind: 'created' }), new SimulatedHost({ kind: 'created' })];
    await world.poll(first);
    t.equal(world.observed.polls, 1);
    const calls = world.upstream.calls;
    world.store.inner = two;
    world.restart();
    await world.poll(second);
    await world.poll(first);
    t.equal(world.observed.polls, 1, 'PagerDuty is not polled again');
    t.equal(world.upstream.calls, calls + 1, 'but looked at, since this process has seen nothing of it');
    t.ok(second.registeredAtMs, 'and yet the host is registered');
    t.equal(world.observed.recovered + world.observed.restarted, 0);
  },
);

t.test('Redis sees no API key', { skip }, async (t) => {
  const server = await RedisServer.start(t, { settings: ['--rdbcompression', 'no'] });
  const { redis, store } = await open(t, server);
  const world = new WorldOnRedis([store, store], 1, dataOf(redis));
  const host = new SimulatedHost({ kind: 'created' });
  await world.poll(host);
  await world.clock.advance(60_000);
  await world.control('/incidents', { title: 'Broken', count: 2, serviceId: 'PSVCPAY' });
  await world.poll(host);
  const keys = await redis.keys('*');
  const dumps = await Promise.all(
    keys.map(async (key) => `${key} ${(await redis.dumpBuffer(key)).toString('latin1')}`),
  );
  const everything = dumps.join('\n');
  for (const id of host.received) t.match(everything, id, 'what is stored can be read here');
  t.notMatch(everything, /y_History|Token/);
});
