import fastify from 'fastify';
import t from 'tap';
import type { Connection } from '../../src/connection/connection.js';
import { ConnectionRegistry } from '../../src/connection/connection-registry.js';
import { UnknownKeys } from '../../src/connection/unknown-keys.js';
import { admittedOf, openConnections, requestedRegion } from '../../src/http/authenticate.js';
import { LocalCallLimiter } from '../../src/limiter/local-call-limiter.js';
import { PagerDuty } from '../../src/pagerduty/pagerduty.js';
import { PagerDutyRegions } from '../../src/pagerduty/regions.js';
import { ManualClock } from '../support/manual-clock.js';
import { errorOf, startService } from '../support/running-service.js';

t.test('a region is read whatever its case, and a blank one is none', async (t) => {
  for (const [header, region] of [
    ['us', 'us'],
    ['EU', 'eu'],
    [' eu ', 'eu'],
    ['', undefined],
    ['  ', undefined],
    [undefined, undefined],
  ] as const) {
    t.equal(requestedRegion(header === undefined ? {} : { 'x-pagerduty-region': header }), region);
  }
});

t.test('a region that PagerDuty does not have is refused, and not repeated', async (t) => {
  for (const header of ['apac', 'us, eu', 'https://api.eu.pagerduty.com', 'constructor']) {
    t.throws(() => requestedRegion({ 'x-pagerduty-region': header }), {
      code: /^unknown_region$/,
      statusCode: 400,
      message: /expected us or eu, got another text/,
    });
  }
});

t.test('a request gets the connection of its key in its region', async (t) => {
  const clock = new ManualClock();
  const asked: string[] = [];
  const regions = new PagerDutyRegions(
    { apiUrl: new URL('https://api.pagerduty.com'), eventsUrl: new URL('https://events.pagerduty.com') },
    (urls) =>
      new PagerDuty({
        ...urls,
        clock,
        random: () => 0,
        report: () => undefined,
        connect: ({ host }) => ({
          send: async () => {
            asked.push(host);
            return { status: 200, headers: {}, body: '{"user":{"id":"P1"}}' };
          },
          close: async () => undefined,
        }),
      }),
  );
  const connections = new ConnectionRegistry({
    clock,
    limit: { calls: 30, windowMs: 60_000 },
    createLimiter: (options) => new LocalCallLimiter(options),
    unknownKeys: new UnknownKeys({ clock }),
  });
  t.teardown(() => connections.close());
  const server = fastify();
  t.teardown(() => server.close());
  server.decorateRequest('callerId', undefined);
  openConnections(server, { connections, regions });
  const opened: Connection[] = [];
  server.get('/', async (request) => {
    const { connection } = admittedOf(request);
    opened.push(connection);
    await connection.directory.user('P1');
  });
  const ask = (headers: Record<string, string>) => server.inject({ url: '/', headers });
  const key = { 'x-api-key': 'k' };
  for (const region of ['eu', undefined, 'us', 'eu'])
    await ask({ ...key, ...(region === undefined ? {} : { 'x-pagerduty-region': region }) });
  t.strictSame(
    asked,
    ['eu', '', '', 'eu'].map((region) => `api.${region}.pagerduty.com`.replace('..', '.')),
  );
  t.equal(opened[1], opened[2], 'the configured region needs no name');
  t.equal(opened[0], opened[3]);
  const keyless = await ask({ 'x-pagerduty-region': 'apac' });
  t.match(keyless.json(), { message: /^API key: / }, 'the key comes first');
  t.equal(opened.length, 4, 'a request without a key goes no further');
  t.throws(() => admittedOf({ admitted: undefined }), { message: /opens no connection/ });
});

t.test('a service with one fixed PagerDuty address refuses a region before anything is sent', async (t) => {
  const { call, control } = await startService(t);
  const sent = await control.sentDuring(async () => {
    for (const [region, code] of [
      ['eu', 'region_unavailable'],
      ['us', 'region_unavailable'],
      ['mars', 'unknown_region'],
    ] as const) {
      for (const path of ['/incidents', '/trigger2/incidents']) {
        const answer = await call('GET', path, { headers: { 'x-pagerduty-region': region } });
        t.match(answer, { status: 400 }, path);
        t.equal(errorOf(answer).code, code, path);
        t.notMatch(answer.text, /mars/);
      }
    }
  });
  t.strictSame(sent, []);
  const answer = await call('GET', '/incidents', { headers: { 'x-pagerduty-region': '' } });
  t.equal(answer.status, 200, 'a region that was left empty is none');
});
