import t from 'tap';
import { ConnectionRegistry } from '../../src/connection/connection-registry.js';
import { connectWith, requestedRegion } from '../../src/http/authenticate.js';
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

t.test('a request gets the connection of its key in its region, looked up once', async (t) => {
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
  const connections = new ConnectionRegistry({ clock, limit: { calls: 30, windowMs: 60_000 } });
  t.teardown(() => connections.close());
  const connect = connectWith(connections, regions);
  const requestOf = (region?: string) => ({
    headers: { 'x-api-key': 'k', ...(region === undefined ? {} : { 'x-pagerduty-region': region }) },
    callerConnection: undefined,
  });
  const request = requestOf('eu');
  const eu = connect(request);
  t.equal(connect({ ...request, callerConnection: eu, headers: {} }), eu);
  await eu.users.get('P1');
  await connect(requestOf()).users.get('P1');
  t.strictSame(asked, ['api.eu.pagerduty.com', 'api.pagerduty.com']);
  t.equal(connect(requestOf('us')), connect(requestOf()), 'the configured region needs no name');
  const keyless = { headers: { 'x-pagerduty-region': 'apac' }, callerConnection: undefined };
  t.throws(() => connect(keyless), { message: /^API key: / }, 'the key comes first');
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
