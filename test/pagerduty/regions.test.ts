import t from 'tap';
import { PagerDuty } from '../../src/pagerduty/pagerduty.js';
import { PagerDutyRegions } from '../../src/pagerduty/regions.js';
import { ManualClock } from '../support/manual-clock.js';
import { passThroughGate } from '../support/pass-through-gate.js';

const open = { here: passThroughGate, there: passThroughGate };
const us = { apiUrl: 'https://api.pagerduty.com', eventsUrl: 'https://events.pagerduty.com' };
const eu = { apiUrl: 'https://api.eu.pagerduty.com', eventsUrl: 'https://events.eu.pagerduty.com' };

/** Regions whose calls go nowhere: it is recorded to which hostname each one would have gone. */
function build({ apiUrl, eventsUrl }: typeof us, knownIn?: string) {
  const asked: string[] = [];
  const closed: string[] = [];
  const regions = new PagerDutyRegions(
    { apiUrl: new URL(apiUrl), eventsUrl: new URL(eventsUrl) },
    (urls) =>
      new PagerDuty({
        ...urls,
        clock: new ManualClock(),
        random: () => 0,
        report: () => undefined,
        connect: ({ host }) => ({
          send: async ({ endpoint }) => {
            asked.push(`${host} ${endpoint}`);
            if (endpoint === '/v2/enqueue') return { status: 202, headers: {}, body: '{"status":"s","dedup_key":"d"}' };
            if (knownIn !== undefined && host !== knownIn) return { status: 401, headers: {}, body: '' };
            return { status: 200, headers: {}, body: '{"users":[],"user":{"id":"P1"}}' };
          },
          close: async () => void closed.push(host),
        }),
      }),
  );
  return { regions, asked, closed };
}

const credential = { scheme: 'Token', key: 'k' } as const;

async function use(pagerDuty: PagerDuty): Promise<void> {
  await pagerDuty.account(credential, open).directory.user('P1');
  await pagerDuty.events.triggerV2({ integrationKey: 'k', summary: 's', dedupKey: 'd' });
}

t.test('REST calls and events of a region go to that region, whichever is the configured one', async (t) => {
  for (const home of [us, eu]) {
    const { regions, asked } = build(home);
    await use(regions.of('us'));
    await use(regions.of('eu'));
    t.strictSame(asked, [
      'api.pagerduty.com /users/{id}',
      'events.pagerduty.com /v2/enqueue',
      'api.eu.pagerduty.com /users/{id}',
      'events.eu.pagerduty.com /v2/enqueue',
    ]);
  }
});

t.test('no region is the configured one, and so is its name', async (t) => {
  const { regions } = build(eu);
  t.equal(regions.of(undefined), regions.of('eu'));
  t.not(regions.of(undefined), regions.of('us'));
  t.equal(regions.of('us'), regions.of('us'));
});

t.test('if the addresses are not PagerDuty’s own in one region, there is none to choose', async (t) => {
  for (const home of [
    { apiUrl: 'http://127.0.0.1:4000', eventsUrl: 'http://127.0.0.1:4000' },
    { apiUrl: 'https://api.pagerduty.com.example.com', eventsUrl: us.eventsUrl },
    { apiUrl: 'http://api.pagerduty.com', eventsUrl: us.eventsUrl },
    { apiUrl: us.apiUrl, eventsUrl: 'https://events.example.com' },
    { apiUrl: eu.apiUrl, eventsUrl: us.eventsUrl },
  ]) {
    const { regions, asked } = build(home);
    for (const region of ['us', 'eu'] as const) {
      t.throws(() => regions.of(region), { code: /^region_unavailable$/, statusCode: 400 }, JSON.stringify(home));
    }
    await use(regions.of(undefined));
    t.equal(asked[0], `${new URL(home.apiUrl).host} /users/{id}`);
    t.equal(asked[1], `${new URL(home.eventsUrl).host} /v2/enqueue`);
  }
});

t.test('a key of the other region is told from a wrong one in both regions', async (t) => {
  for (const home of [us, eu]) {
    for (const [region, other] of [
      ['us', eu],
      ['eu', us],
    ] as const) {
      const { regions } = build(home, new URL(other.apiUrl).host);
      t.equal(await regions.of(region).account(credential, open).probe.isOfOtherRegion(), true, region);
      const nowhere = build(home, 'nowhere');
      t.equal(await nowhere.regions.of(region).account(credential, open).probe.isOfOtherRegion(), false, region);
    }
  }
  const { regions } = build({ apiUrl: 'https://pagerduty.example.com', eventsUrl: us.eventsUrl });
  t.equal(await regions.of(undefined).account(credential, open).probe.isOfOtherRegion(), false);
});

t.test('closing closes every region once', async (t) => {
  const { regions, closed } = build(us);
  await regions.close();
  t.strictSame(closed.sort(), [
    'api.eu.pagerduty.com',
    'api.eu.pagerduty.com',
    'api.pagerduty.com',
    'api.pagerduty.com',
    'events.eu.pagerduty.com',
    'events.pagerduty.com',
  ]);
});
