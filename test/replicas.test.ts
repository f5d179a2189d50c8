import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { ControlClient } from '../sandbox/kit/control-client.js';
import { TriggerFollower } from '../sandbox/kit/trigger-follower.js';
import { startSandbox } from '../sandbox/sandbox.js';
import { FiveFollowers } from './support/five-followers.js';
import { freePort } from './support/free-port.js';
import { RedisServer, skipWithoutRedisServer } from './support/redis-server.js';
import { SeededRandom } from './support/seeded-random.js';
import { ServiceProcess } from './support/service-process.js';

const skip = skipWithoutRedisServer;

// Each replica is a process that takes seconds to start on a busy machine.
t.setTimeout(300_000);

/** Replicas of the built service on one Redis and one sandbox, each a process that can be killed and started again. */
async function prepare(t: Test, count = 3) {
  const redis = await RedisServer.start(t, { appendOnly: true });
  const folder = await mkdtemp(join(tmpdir(), 'connector-replicas-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const sandbox = await startSandbox();
  t.teardown(() => sandbox.close());
  const replicas: { url: string; start(): Promise<void>; process: ServiceProcess }[] = [];
  for (let index = 0; index < count; index += 1) {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const launch = () =>
      new ServiceProcess(t, {
        PORT: String(port),
        DATA_DIR: join(folder, 'unused'),
        REDIS_URL: redis.url.href,
        PAGERDUTY_API_URL: sandbox.url,
        PAGERDUTY_EVENTS_URL: sandbox.url,
        TRIGGER_POLL_SECONDS: '1',
      });
    const replica = {
      url,
      process: launch(),
      async start() {
        replica.process = launch();
        await replica.process.ready(url);
      },
    };
    replicas.push(replica);
    await replica.process.ready(url);
  }
  return { redis, sandbox, control: new ControlClient(sandbox.url), replicas };
}

t.test(
  'one flow host, a random replica each time, replicas and Redis killed: nothing lost, nothing twice',
  {
    skip,
    timeout: 240_000,
  },
  async (t) => {
    const random = SeededRandom.fresh(t);
    const { control, redis, replicas, sandbox } = await prepare(t);
    const any = () => random.pick(replicas);
    // Whatever address a Location names, the load balancer sends the poll to some replica.
    const balance: typeof fetch = (url, init) => {
      const { pathname, search } = new URL(String(url));
      return fetch(any().url + pathname + search, init);
    };
    const key = sandbox.credentials.accountKey;
    const hosts = await FiveFollowers.register(
      control,
      (path) => new TriggerFollower({ url: `http://balancer.invalid${path}`, key, fetch: balance }),
    );
    for (let round = 0; round < 6; round += 1) {
      const incidents = await control.trigger({ count: 2 });
      const victim = any();
      const polling = hosts.catchUp();
      const killed = delay(random.next() * 80).then(() => victim.process.end('SIGKILL'));
      await hosts.live(incidents);
      await killed;
      await polling;
      if (round === 3) {
        await redis.kill();
        await hosts.catchUp();
        await redis.restart();
      }
      await victim.start();
      if (round === 1) {
        // One stands still in the middle of whatever it does, while others work, and goes on as if nothing had been.
        const { process } = any().process;
        const asked = hosts.catchUp();
        process.kill('SIGSTOP');
        await delay(4_000);
        process.kill('SIGCONT');
        await asked;
      }
      if (round % 2 === 1) await hosts.catchUp();
    }
    for (const { kind, ...compared } of await hosts.settle(3_000)) {
      t.strictSame(compared, { owed: 12, lost: [], surplus: [], outOfOrder: [] }, kind);
    }
  },
);

t.test(
  'replicas poll PagerDuty once an interval in sum, and share the limit of calls',
  { skip, timeout: 120_000 },
  async (t) => {
    const { control, replicas, sandbox } = await prepare(t);
    const key = sandbox.credentials.accountKey;
    const hosts = replicas.map(({ url }) => new TriggerFollower({ url: `${url}/trigger2/incidents`, key }));
    for (const host of hosts) await host.catchUp();
    const sent = await control.sentDuring(async () => {
      for (let round = 0; round < 30; round += 1) {
        await Promise.all(hosts.map((host) => host.catchUp()));
        await delay(200);
      }
    });
    const polls = sent.filter(({ path }) => path === '/log_entries').length;
    t.ok(polls >= 2 && polls <= 8, `${polls} polls in about 6 s`);
    const answers = await Promise.all(
      replicas.flatMap(({ url }) =>
        Array.from({ length: 20 }, () => fetch(`${url}/users/PUSER01`, { headers: { 'x-api-key': key } })),
      ),
    );
    t.equal(answers.filter(({ status }) => status === 200).length, 30);
    t.equal(answers.filter(({ status }) => status === 429).length, 30);
  },
);

t.test(
  'while Redis is away calls are answered 503 within a second, readiness says so, and it heals',
  { skip },
  async (t) => {
    const { redis, replicas, sandbox } = await prepare(t, 1);
    const [replica] = replicas;
    if (replica === undefined) throw new Error('expected a replica, got none');
    const get = async (path: string) => {
      const startedMs = performance.now();
      const response = await fetch(replica.url + path, { headers: { 'x-api-key': sandbox.credentials.accountKey } });
      const body: unknown = response.status === 202 ? undefined : await response.json();
      return { status: response.status, body, headers: response.headers, tookMs: performance.now() - startedMs };
    };
    t.match(await get('/readyz'), { status: 200, body: { status: 'ready', store: 'redis' } });
    const metrics = async () => (await fetch(`${replica.url}/metrics`)).text();
    t.match(await metrics(), 'connector_store_info{store="redis"} 1', 'and so do the metrics');
    t.equal((await get('/trigger2/incidents')).status, 202);
    for (const stop of [() => redis.kill(), () => redis.pause()]) {
      await stop();
      // What readiness found is kept for half a second.
      const noticedWithinMs = performance.now() + 1_000;
      while ((await get('/readyz')).status !== 503 && performance.now() < noticedWithinMs) await delay(50);
      for (const path of ['/readyz', '/trigger2/incidents', '/users/PUSER01']) {
        const answer = await get(path);
        t.equal(answer.status, 503, path);
        t.ok(answer.tookMs < 1_000, `${path} took ${Math.round(answer.tookMs)} ms`);
        if (path !== '/readyz') t.ok(Number(answer.headers.get('retry-after')) >= 1, `${path} says when to come back`);
      }
      t.equal((await get('/healthz')).status, 200);
      t.match(await metrics(), 'connector_backend_up{part="store"} 0');
      if (stop.toString().includes('kill')) await redis.restart();
      else await redis.resume();
      const healedWithinMs = performance.now() + 5_000;
      while ((await get('/readyz')).status !== 200 && performance.now() < healedWithinMs) await delay(50);
      t.equal((await get('/users/PUSER01')).status, 200, 'calls go on');
      t.equal((await get('/trigger2/incidents')).status, 202, 'polls go on');
      const healed = await metrics();
      for (const part of ['store', 'redis']) t.match(healed, `connector_backend_up{part="${part}"} 1`);
    }
    t.equal(await replica.process.end('SIGTERM'), 0);
    t.match(replica.process.output, /"store":"redis"/, 'the log says which store is in use');
  },
);
