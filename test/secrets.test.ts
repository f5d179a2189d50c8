import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { sandboxCredentials } from '../sandbox/account/seed-account.js';
import { ControlClient } from '../sandbox/kit/control-client.js';
import { TriggerFollower } from '../sandbox/kit/trigger-follower.js';
import { startSandbox } from '../sandbox/sandbox.js';
import { readConfig } from '../src/config/settings.js';
import { operations } from '../src/operations/operations.js';
import { triggers } from '../src/triggers/triggers.js';
import { readPages, takeEveryPath } from './support/every-path.js';
import { freePort } from './support/free-port.js';
import { HastyClock } from './support/hasty-clock.js';
import { allSecrets, issueMarkedSecrets, keyWays, markedSecrets } from './support/marked-secrets.js';
import { RedisContents } from './support/redis-contents.js';
import { RedisServer, skipWithoutRedisServer } from './support/redis-server.js';
import { propertiesOf } from './support/running-service.js';
import { SecretSearch } from './support/secret-search.js';
import { ServiceProcess } from './support/service-process.js';
import { until } from './support/until.js';
import { answer, type Received, startUpstream } from './support/upstream.js';
import { Witness } from './support/witness.js';

const secret = markedSecrets;
const search = new SecretSearch(allSecrets);
const byAccountKey = { 'x-api-key': secret.accountKey };
const alerts = '/opsgenie/v2/alerts';

/** What is particular to a kind of store. */
interface StoreUnderTest {
  readonly environment: Readonly<Record<string, string>>;
  /** What was answered at least once. */
  readonly statuses: readonly number[];
  /** All that is in it, or was. */
  contents(): Promise<Buffer>;
  /** Lets it fail for good; undefined if that cannot be done. */
  readonly fail?: () => Promise<void>;
}

async function everyPath(t: Test, store: StoreUnderTest): Promise<void> {
  const witness = new Witness();
  const sandbox = await startSandbox();
  t.teardown(() => sandbox.close());
  const control = new ControlClient(sandbox.url);
  await issueMarkedSecrets(sandbox);
  const environment = {
    PAGERDUTY_API_URL: sandbox.url,
    PAGERDUTY_EVENTS_URL: sandbox.url,
    OPSGENIE_BRIDGE: 'on',
    ACCESS_TOKENS: secret.accessToken,
    TRIGGER_POLL_SECONDS: '1',
    ...store.environment,
  };
  const stop = await witness.start(t, environment);

  const [watched] = await control.trigger({ title: 'The watched disk' });
  const hosts = triggers.map(({ path }) => {
    const values: Readonly<Record<string, string>> = { incidentId: watched.id, userId: 'PUSER03' };
    return hostOf(
      witness,
      path.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? name),
    );
  });
  for (const host of hosts) await host.poll();
  await liveThrough(control, watched.id, 'The first disk');
  await until(async () => {
    for (const host of hosts) await host.poll();
    return hosts.every(({ received }) => received.length > 0);
  }, 'an event for every host');

  await takeEveryPath(witness, control);

  await stop();
  const stopAgain = await witness.start(t, environment);
  await liveThrough(control, watched.id, 'The second disk');
  const told = new SecretSearch({ title: 'The second disk is full' });
  await until(async () => {
    for (const host of hosts) await host.poll();
    return witness.find(told).length > 0;
  }, 'the event after the restart');
  await readPages(witness);
  const contents = await store.contents();
  if (store.fail !== undefined) {
    await store.fail();
    for (const host of hosts) await host.poll();
    for (const way of keyWays) await witness.call('GET', '/users/PUSER01', way(secret.accountKey));
    await readPages(witness);
  }
  await stopAgain();

  const operationsLogged = new Set(witness.log.entries('request').map(({ operation }) => operation));
  for (const { id } of [...operations, ...triggers]) t.ok(operationsLogged.has(id), `${id} was called`);
  for (const status of store.statuses) t.ok(witness.statuses.has(status), `something was answered ${status}`);
  const fingerprint = String(witness.log.entries('poll').at(0)?.connection);
  const known = new SecretSearch({ fingerprint });
  t.ok(witness.find(known).length > 10, 'the search finds what is in the log');
  t.equal(known.find('store', contents).length, 1, 'the search finds what is in the store');
  t.equal(told.find('store', contents).length, 1, 'the store was searched with all its events');

  const findings = [...witness.find(search), ...search.find('store', contents)];
  t.strictSame(findings.slice(0, 10), []);
}

// Most of the time they wait for PagerDuty, a store or a clock.
t.jobs = 4;

t.test(
  'with the embedded store no secret is in a log, the store, a metric or an answer',
  { buffered: true },
  async (t) => {
    const dataDir = await mkdtemp(join(tmpdir(), 'pagerduty-connector-secrets-'));
    t.teardown(() => rm(dataDir, { recursive: true, force: true }));
    await everyPath(t, {
      environment: { DATA_DIR: dataDir },
      // Not 504: if a 429 comes between two tries, that is the answer. What takes too long has a test of its own.
      statuses: [200, 202, 400, 401, 403, 404, 405, 409, 413, 415, 417, 422, 429, 502, 503],
      async contents() {
        const names = await readdir(dataDir);
        t.ok(
          names.some((name) => name.endsWith('-wal')),
          'the log of what was written lately is among the files',
        );
        return Buffer.concat(await Promise.all(names.map((name) => readFile(join(dataDir, name)))));
      },
    });
  },
);

t.test(
  'with a Redis no secret is in a log, a command, a metric or an answer',
  { buffered: true, skip: skipWithoutRedisServer },
  async (t) => {
    const server = await RedisServer.start(t);
    const contents = await RedisContents.watch(t, server.url);
    await contents.demandPassword(secret.redisPassword);
    const url = new URL(server.url);
    url.password = secret.redisPassword;
    await everyPath(t, {
      environment: { REDIS_URL: url.href },
      // On a busy machine Redis may be too slow for any one call, which is a 503 instead.
      statuses: [200, 202, 400, 503],
      contents: async () => Buffer.from(`${contents.commands()}\n${await contents.dump()}`),
      fail() {
        contents.end();
        return server.kill();
      },
    });
  },
);

/** Something for every trigger to tell. */
async function liveThrough(control: ControlClient, watchedId: string, name: string): Promise<void> {
  const [{ id }] = await control.trigger({ title: `${name} is full` });
  await control.act(id, 'assign', { userIds: ['PUSER03'] });
  await control.act(id, 'acknowledge', { userId: 'PUSER03' });
  await control.act(id, 'resolve');
  await control.act(watchedId, 'note', { userId: 'PUSER02', content: `${name} is looked at` });
}

/** Follows one trigger with the account's key, wherever the service is now; any error may pass. */
function hostOf(witness: Witness, path: string): TriggerFollower {
  return new TriggerFollower({
    url: `${witness.url}${path}`,
    key: secret.accountKey,
    passes: (status) => status >= 400,
    async fetch(url) {
      const { pathname, search } = new URL(String(url));
      const { status, headers, text } = await witness.call('GET', pathname + search, byAccountKey);
      const { location = '', 'retry-after': retryAfter = '' } = headers;
      return new Response(text, { status, headers: { location, 'retry-after': retryAfter } });
    },
  });
}

t.test('an upstream that repeats all that it is sent makes nobody see a key', { buffered: true }, async (t) => {
  const witness = new Witness();
  const upstream = await startUpstream(t);
  const base = { OPSGENIE_BRIDGE: 'on', TRIGGER_POLL_SECONDS: '1' };
  const at = (url: URL) => ({ PAGERDUTY_API_URL: `${url.origin}/pd`, PAGERDUTY_EVENTS_URL: `${url.origin}/pd` });
  await witness.start(t, { ...base, ...at(upstream.url) });
  const { unknownKey, unknownRoutingKey, unknownGenieKey } = secret;
  const event = { summary: 'The disk is full', source: 'db-1', severity: 'info' };
  const everything = async (key: string) => {
    const calls = [keyWays[0], keyWays[3]].flatMap((way) => [
      witness.call('GET', '/users/PUSER01', way?.(key)),
      witness.call('GET', '/test_connection', way?.(key)),
      witness.call('GET', '/trigger2/incidents', way?.(key)),
      witness.call('GET', '/trigger1/incidents/P1/notes', way?.(key)),
      witness.call('POST', '/incidents/P1/notes', way?.(key), { userId: 'PUSER02', note: 'Looking' }),
      witness.call('POST', '/events/send', { ...way?.(key), 'x-routing-key': unknownRoutingKey }, event),
      witness.call('POST', '/events/change', way?.(key), { ...event, routing_key: unknownRoutingKey }),
      witness.call('POST', '/incidents/create', way?.(key), { service_key: unknownRoutingKey, description: 'Full' }),
    ]);
    const bridge = { authorization: `GenieKey ${unknownGenieKey}` };
    calls.push(witness.call('POST', alerts, bridge, { message: 'The disk is full', alias: 'disk' }));
    calls.push(witness.call('POST', `${alerts}/disk/close?identifierType=alias`, bridge, {}));
    await Promise.all(calls);
  };
  const echo = ({ headers, url, body }: Received) => [`${headers.authorization} ${url}`, body, JSON.stringify(headers)];
  const shapes: readonly ((texts: readonly string[]) => unknown)[] = [
    (texts) => ({ error: { code: 2001, message: texts[0], errors: texts } }),
    (texts) => ({ error: texts[0] }),
    (texts) => ({ status: 'invalid event', message: texts[0], errors: texts }),
    (texts) => `<html>${texts}</html>`,
    (texts) => texts,
  ];
  let number = 0;
  for (const status of [400, 401, 403, 404, 302, 418, 307, 429]) {
    upstream.script((response, received) => {
      const texts = echo(received);
      number += 1;
      // Node refuses control characters there, and nothing else that is in them.
      response.statusMessage = texts[0] ?? '';
      const headers = {
        location: `https://elsewhere.invalid/?key=${texts[0]}`,
        'retry-after': '0',
        'x-echo': texts[0] ?? '',
      };
      answer(response, { status, headers, body: shapes[number % shapes.length]?.(texts) });
    });
    await everything(unknownKey);
  }
  const repeated = search.find('upstream', JSON.stringify(upstream.received)).map((found) => found.secret);
  t.strictSame(repeated.sort(), ['unknownGenieKey', 'unknownKey', 'unknownRoutingKey'], 'it had them all to repeat');
  upstream.script((response, { headers }) => {
    answer(response, { body: `{"user": Token token=${headers.authorization}` });
  });
  await everything(unknownKey);
  upstream.script((response, { headers }) => {
    response.writeHead(200, { 'content-length': 1_000 });
    response.write(`{"user": "${headers.authorization}"`, () => response.destroy());
  });
  await everything(unknownKey);

  await upstream.stop();
  await everything(unknownKey);
  await readPages(witness);
  await witness.start(t, { ...base, ...at(upstream.url), RATE_LIMIT_CALLS: '1' });
  await everything(unknownKey);
  t.ok(
    witness.log.entries('request').some(({ error }) => error === 'rate_limited'),
    'the limit refused some',
  );
  await readPages(witness);
  t.strictSame(witness.find(search).slice(0, 10), []);
});

t.test('a call that takes too long tells no key', { buffered: true }, async (t) => {
  const witness = new Witness();
  // It knows the user who acts, and answers nothing more.
  const user = { id: 'PUSER02', name: 'Grace', email: 'grace@example.com' };
  const upstream = await startUpstream(t, (response, { method }) => {
    if (method === 'GET') answer(response, { body: { user } });
  });
  const clock = new HastyClock();
  const { href } = upstream.url;
  await witness.start(t, { PAGERDUTY_API_URL: href, PAGERDUTY_EVENTS_URL: href }, clock);
  const headers = { ...keyWays[1]?.(secret.unknownKey), 'x-routing-key': secret.unknownRoutingKey };
  const calls = Promise.all([
    witness.call('POST', '/incidents/P1/notes', headers, { userId: 'PUSER02', note: 'Looking' }),
    witness.call('POST', '/events/change', headers, { summary: 'The disk is full' }),
  ]);
  await until(() => upstream.received.filter(({ method }) => method === 'POST').length === 2);
  await clock.advance(10_000);
  const late = await calls;
  t.strictSame(
    late.map(({ status }) => status),
    [504, 504],
  );
  t.strictSame(witness.find(search).slice(0, 10), []);
});

t.test('what a caller sends may come back to that caller alone; only ids are logged', { buffered: true }, async (t) => {
  const witness = new Witness();
  await witness.start(t, {});
  const sent = { query: 'QueryOfTheHost-k2PqRst84', id: 'IdOfAnIncident-m5TuVwx95', requestId: 'RequestIdOfOurs-n6' };
  const own = new SecretSearch(sent);
  const byKey = { 'x-api-key': sandboxCredentials.accountKey };
  const polled = await witness.call('GET', `/trigger3/incidents/${sent.id}?mine=${sent.query}`, byKey);
  t.match(polled.headers.location, `/trigger3/incidents/${sent.id}?mine=${sent.query}&triggerState=`);
  const unknown = await witness.call('GET', `/users/${sent.id}`, byKey);
  t.match(unknown.text, `User ${sent.id} not found`, 'these are PagerDuty’s words');
  t.strictSame(own.find('log', witness.log.lines.join('')), []);

  const ids = { 'x-request-id': sent.requestId, 'x-ms-workflow-id': sent.id, 'x-ms-tracking-id': sent.query };
  const answered = await witness.call('GET', '/users/PUSER01', { ...byKey, ...ids });
  t.equal(answered.headers['x-request-id'], sent.requestId);
  const fields = witness.log.lines.flatMap((line) => Object.entries(propertiesOf(JSON.parse(line))));
  const holding = fields.filter(([, value]) => own.find('', JSON.stringify(value)).length > 0);
  t.strictSame(holding.map(([name]) => name).sort(), ['reqId', 'trackingId', 'workflowId']);
});

t.test(
  'a process tells no secret that it is configured with',
  { buffered: true, skip: skipWithoutRedisServer },
  async (t) => {
    const { redisPassword, misplaced } = secret;
    const server = await RedisServer.start(t);
    const contents = await RedisContents.watch(t, server.url);
    await contents.demandPassword(redisPassword);
    const redisWith = (password: string, port = server.url.port) =>
      `redis://:${encodeURIComponent(password)}@127.0.0.1:${port}`;
    const sandbox = await startSandbox();
    t.teardown(() => sandbox.close());
    await issueMarkedSecrets(sandbox);
    const common = { LOG_LEVEL: 'trace', PAGERDUTY_API_URL: sandbox.url, PAGERDUTY_EVENTS_URL: sandbox.url };
    const cases: readonly (readonly [url: string, says: RegExp])[] = [
      [redisWith(redisPassword), /Redis is connected.*"operation":"GetUser".*"msg":"poll"/s],
      [redisWith(misplaced), /Redis cannot be reached.*"error":"store_unavailable"/s],
      [redisWith(redisPassword, '1'), /ECONNREFUSED.*Redis cannot be reached/s],
      [`redis://:${redisPassword}@[`, /^REDIS_URL: expected/],
    ];
    await Promise.all(
      cases.map(async ([url, says]) => {
        const said = await saidByProcess(t, { ...common, REDIS_URL: url });
        t.match(said, says);
        t.strictSame(search.find(url, said), []);
      }),
    );
    t.strictSame(search.find('Redis', `${contents.commands()}\n${await contents.dump()}`), []);
  },
);

t.test('a URL that is configured wrongly is not repeated', async (t) => {
  const { misplaced } = secret;
  for (const variable of ['PAGERDUTY_API_URL', 'PAGERDUTY_EVENTS_URL', 'PUBLIC_URL', 'REDIS_URL']) {
    for (const url of [`https://ops:${misplaced}@x.example`, `https://x.example/?key=${misplaced}`, misplaced]) {
      const message = thrownBy(() => readConfig({ [variable]: url }));
      t.match(message, new RegExp(`^${variable}: expected`));
      t.strictSame(search.find(variable, message), []);
    }
  }
});

function thrownBy(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return String(error instanceof Error ? error.message : error);
  }
  return 'nothing was thrown';
}

/** All that a process prints from its start to its end: at once if it does not start, else after a few requests. */
async function saidByProcess(t: Test, settings: Readonly<Record<string, string>>): Promise<string> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const service = new ServiceProcess(t, { ...settings, PORT: String(port) });
  const ended = new Promise((resolve) => service.process.once('close', resolve));
  const get = (path: string) => fetch(url + path, { headers: byAccountKey }).catch(() => undefined);
  await until(async () => (await get('/healthz')) ?? service.process.exitCode ?? undefined, 'an answer, or the end');
  for (const path of ['/users/PUSER01', '/trigger2/incidents', `/users?api_key=${secret.misplaced}`]) await get(path);
  service.process.kill('SIGTERM');
  await ended;
  return service.output + service.errors;
}
