import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { Client } from 'undici';
import { TriggerFollower } from '../sandbox/kit/trigger-follower.js';
import { FiveFollowers } from './support/five-followers.js';
import { prepareService } from './support/prepare-service.js';
import { SeededRandom } from './support/seeded-random.js';
import { ServiceProcess } from './support/service-process.js';
import { until } from './support/until.js';

// Each test starts processes, which takes seconds on a busy machine.
t.setTimeout(300_000);

t.test('a wrong setting ends the start with one line that says what was expected', async (t) => {
  const file = join(await mkdtemp(join(tmpdir(), 'connector-main-')), 'a-file');
  await writeFile(file, '');
  for (const [environment, line] of [
    [{ PORT: 'http' }, /^PORT: expected a whole number from 0 to 65535, got "http"\. .*\n$/],
    [{ TRIGGER_POLL_SECONDS: '0' }, /^TRIGGER_POLL_SECONDS: expected a whole number from 1 to 3600, got "0"\. .*\n$/],
    [{ REDIS_URL: 'localhost' }, /^REDIS_URL: expected .*\n$/],
    [{ DATA_DIR: join(file, 'below') }, /^DATA_DIR: expected a folder that this service can write to, got .*\n$/],
  ] as const) {
    const service = new ServiceProcess(t, Object.assign({ PORT: '0' }, environment));
    await new Promise((resolve) => service.process.once('close', resolve));
    t.equal(service.process.exitCode, 1);
    t.match(service.errors, line);
    t.equal(service.output, '');
  }
});

t.test('a port that is taken ends the start, and nothing is left running', async (t) => {
  const { environment, sandbox } = await prepareService(t);
  const service = new ServiceProcess(t, { ...environment, PORT: new URL(sandbox.url).port });
  await new Promise((resolve) => service.process.once('close', resolve));
  t.equal(service.process.exitCode, 1);
  t.match(service.errors, /EADDRINUSE/);
});

t.test('SIGTERM ends the service cleanly, and requests under way are answered first', async (t) => {
  const { control, environment, sandbox, url } = await prepareService(t);
  const service = new ServiceProcess(t, environment);
  await service.ready(url);
  t.match(await (await fetch(`${url}/metrics`)).text(), 'connector_store_info{store="sqlite"} 1');
  await control.fault({ path: '/users' }, { delayMs: 1_500 });
  const underWay = fetch(`${url}/users/PUSER01`, { headers: { 'x-api-key': sandbox.credentials.accountKey } });
  await new Promise((resolve) => setTimeout(resolve, 300));
  const ended = service.end('SIGTERM');
  t.equal((await underWay).status, 200);
  t.equal(await ended, 0);
  t.match(service.output, /"msg":"the service stops"/);
});

t.test('SIGTERM under load: /readyz says so first, and whatever was sent is answered', async (t) => {
  const random = SeededRandom.fresh(t);
  const { control, environment, sandbox, url } = await prepareService(t);
  const service = new ServiceProcess(t, { ...environment, RATE_LIMIT_CALLS: '10000' });
  await service.ready(url);
  await control.fault({ path: '/users' }, { delayMs: 40 });
  const headers = { 'x-api-key': sandbox.credentials.accountKey };
  const failures: unknown[] = [];
  const statuses: number[] = [];
  /** Calls on one kept-alive connection after another, with pauses, until no more are taken. */
  const call = async (pauseMs: number) => {
    const client = new Client(url);
    try {
      for (;;) {
        const { statusCode, body } = await client.request({ method: 'GET', path: '/users/PUSER01', headers });
        await body.dump();
        statuses.push(statusCode);
        await delay(random.next() * pauseMs);
      }
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED')) failures.push(error);
    } finally {
      await client.destroy();
    }
  };
  const callers = Array.from({ length: 30 }, (_, index) => call(index * 10));
  await until(() => statuses.length > 500, 'calls under way');
  const startedAtMs = performance.now();
  const ended = service.end('SIGTERM');
  await delay(200);
  const answer = await fetch(`${url}/readyz`);
  t.equal(answer.status, 503, 'load balancers are told while it still works');
  await Promise.all(callers);
  t.equal(await ended, 0);
  t.ok(performance.now() - startedAtMs < 10_000);
  t.strictSame(failures, []);
  // 429 is the sandbox's own, which takes only so many calls a minute.
  t.strictSame(
    statuses.filter((status) => status !== 200 && status !== 429),
    [],
  );
});

t.test('SIGTERM ends the service although sockets are silent, or send only half of a request', async (t) => {
  const { environment, url } = await prepareService(t);
  const service = new ServiceProcess(t, environment);
  await service.ready(url);
  const { hostname, port } = new URL(url);
  for (const half of [
    '',
    'GET /healthz HTTP/1.1\r\nHost: a\r\n',
    'POST /notes HTTP/1.1\r\nContent-Length: 9\r\n\r\n{',
  ]) {
    const socket = connect(Number(port), hostname);
    t.teardown(() => socket.destroy());
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(half);
  }
  t.equal(await service.end('SIGTERM'), 0);
});

t.test('no event of any kind is lost or comes twice when the service is killed at random moments', async (t) => {
  const random = SeededRandom.fresh(t);
  const { control, environment, sandbox, url } = await prepareService(t);
  let service = new ServiceProcess(t, environment);
  await service.ready(url);
  const key = sandbox.credentials.accountKey;
  const hosts = await FiveFollowers.register(control, (path) => new TriggerFollower({ url: url + path, key }));
  for (let kill = 0; kill < 10; kill += 1) {
    const incidents = await control.trigger({ count: 3 });
    const polling = hosts.catchUp();
    const killed = delay(random.next() * 80).then(() => service.end('SIGKILL'));
    await hosts.live(incidents);
    await killed;
    await polling;
    service = new ServiceProcess(t, environment);
    await service.ready(url);
    if (kill % 2 === 1) await hosts.catchUp();
  }
  // Another poll of PagerDuty: would anything come again?
  for (const { kind, ...compared } of await hosts.settle(1_100)) {
    t.strictSame(compared, { owed: 30, lost: [], surplus: [], outOfOrder: [] }, kind);
  }
  t.equal(await service.end('SIGTERM'), 0);
});

t.test('no window sees more than 30 calls, however often the service is killed', async (t) => {
  const { control, environment, sandbox, url } = await prepareService(t);
  const calls = async (count: number) => {
    const headers = { 'x-api-key': sandbox.credentials.accountKey };
    const answers = await Promise.all(Array.from({ length: count }, () => fetch(`${url}/users/PUSER01`, { headers })));
    return answers.filter(({ status }) => status === 200).length;
  };
  const granted: number[] = [];
  for (const [count, signal] of [
    [1, 'SIGKILL'],
    [3, 'SIGTERM'],
    [40, 'SIGKILL'],
    [40, 'SIGKILL'],
  ] as const) {
    // So long that no machine is too slow.
    const service = new ServiceProcess(t, { ...environment, RATE_LIMIT_WINDOW_SECONDS: '3600' });
    await service.ready(url);
    const sent = await control.sentDuring(async () => {
      granted.push(await calls(count));
    });
    t.equal(sent.filter(({ path }) => path.startsWith('/users/')).length, granted.at(-1));
    await service.end(signal);
  }
  t.strictSame(granted, [1, 3, 17, 0], 'of a block of 10 that was cut off, 9 are lost; of a clean end none');
});
