import t, { type Test } from 'tap';
import { sandboxCredentials } from '../../sandbox/account/seed-account.js';
import { createSandbox } from '../../sandbox/sandbox.js';
import { OpsgenieBridge } from '../../src/opsgenie/opsgenie-bridge.js';
import { EventsApi } from '../../src/pagerduty/events-api.js';
import { HastyClock } from '../support/hasty-clock.js';
import { passThroughGate } from '../support/pass-through-gate.js';
import { SimulatedUpstream } from '../support/simulated-upstream.js';

const { PSVCWEB, PSVCPAY }: Readonly<Record<'PSVCWEB' | 'PSVCPAY', string>> = sandboxCredentials.eventsV2Keys;

interface World {
  readonly clock: HastyClock;
  readonly upstream: SimulatedUpstream;
  readonly decisions: string[];
  /** A process of the service: it remembers for itself. */
  bridge(options?: { calls?: number; maxSenders?: number }): OpsgenieBridge;
  /** The incidents of the account, oldest first. */
  incidents(): { readonly key: string; readonly status: string }[];
}

function startWorld(t: Test): World {
  const clock = new HastyClock();
  const sandbox = createSandbox({ clock });
  const upstream = new SimulatedUpstream(sandbox);
  const decisions: string[] = [];
  t.teardown(() => sandbox.app.close());
  return {
    clock,
    upstream,
    decisions,
    bridge({ calls = 120, maxSenders = 100 } = {}) {
      const api = new EventsApi({ transport: upstream, clock, random: () => 0.5 });
      const bridge = new OpsgenieBridge({
        events: api,
        guardOf: () => passThroughGate,
        eventsUrl: new URL('https://events.example.com'),
        clock,
        decided: (decision) => decisions.push(decision),
        limit: { calls, windowMs: 60_000 },
        maxSenders,
      });
      t.teardown(() => bridge.close());
      return bridge;
    },
    incidents: () => sandbox.account.incidents.map(({ key, status }) => ({ key: key ?? '', status })),
  };
}

const senderOf = (bridge: OpsgenieBridge, key = PSVCWEB) => bridge.sender(`GenieKey ${key}`, undefined);
const disk = { message: 'The disk is full' };

t.test('a repeated alert without an alias is one incident, also at another process', async (t) => {
  const { bridge, clock, upstream, incidents } = startWorld(t);
  const [one, two] = [bridge(), bridge()];
  // PagerDuty took it, and every answer was lost on the way.
  const take = upstream.send.bind(upstream);
  upstream.send = async (request) => {
    await take(request);
    return { status: 500, headers: {}, body: '' };
  };
  await t.rejects(one.create(senderOf(one), disk, 'r1'), { code: /^pagerduty_error$/ });
  upstream.send = take;
  await clock.advance(200_000);
  await two.create(senderOf(two), disk, 'r2');
  t.equal(incidents().length, 1);
  await clock.advance(600_000);
  await two.create(senderOf(two), disk, 'r3');
  t.equal(incidents().length, 2, 'a later one is another alert');
});

t.test('an id that one process gave is acknowledged and closed by another', async (t) => {
  const { bridge, incidents } = startWorld(t);
  const [one, two] = [bridge(), bridge()];
  await one.create(senderOf(one), { ...disk, alias: 'db-1/disk 🔥' }, 'r1');
  const { alertId } = one.request(senderOf(one), 'r1');
  const named = { identifier: alertId, identifierType: undefined, requestId: 'r2' };
  for (const [action, status] of [
    ['Acknowledge', 'acknowledged'],
    ['Close', 'resolved'],
  ] as const) {
    await two.change(action, senderOf(two), named);
    t.strictSame(incidents(), [{ key: 'db-1/disk 🔥', status }]);
  }
  t.match(two.request(senderOf(two), 'r2'), { action: 'Close', alertId, alias: 'db-1/disk 🔥', isSuccess: true });
});

t.test('an alert is remembered as its sender has told of it', async (t) => {
  const { bridge, clock } = startWorld(t);
  const one = bridge();
  const sender = senderOf(one);
  const alias = { identifier: 'disk', identifierType: 'alias' };
  const create = (message: string) => one.create(sender, { message, alias: 'disk', tags: ['db'], note: 'x' }, 'r1');
  await create('first');
  const first = one.alert(sender, alias);
  const at = '2026-01-05T09:00:00.000Z';
  t.strictSame(first, {
    ...{ message: 'first', alias: 'disk', tags: ['db'], id: 'pd_ZGlzaw', priority: 'P3', status: 'open', count: 1 },
    ...{ acknowledged: false, createdAt: at, updatedAt: at, lastOccurredAt: at },
  });
  await clock.advance(60_000);
  await create('second');
  const later = '2026-01-05T09:01:00.000Z';
  t.strictSame(one.alert(sender, alias), { ...first, count: 2, updatedAt: later, lastOccurredAt: later });
  await one.change('Acknowledge', sender, { ...alias, requestId: 'r2' });
  t.match(one.alert(sender, alias), { status: 'open', acknowledged: true, count: 2 });
  await one.change('Close', sender, { ...alias, requestId: 'r3' });
  t.match(one.alert(sender, alias), { status: 'closed', acknowledged: true });
  await create('third');
  t.match(one.alert(sender, alias), { status: 'open', acknowledged: false, count: 1, message: 'third' });
});

t.test('a note is a change of the alert, and its request is remembered', async (t) => {
  const { bridge, clock, decisions } = startWorld(t);
  const one = bridge();
  const sender = senderOf(one);
  const alias = { identifier: 'disk', identifierType: 'alias' };
  await one.create(sender, { ...disk, alias: 'disk' }, 'r1');
  const before = one.alert(sender, alias);
  await clock.advance(60_000);
  await one.addNote(sender, { ...alias, requestId: 'r2' }, { note: 'Look at the log.' });
  t.strictSame(one.alert(sender, alias), { ...before, updatedAt: '2026-01-05T09:01:00.000Z' });
  t.match(one.request(sender, 'r2'), { action: 'AddNote', status: 'Added note', alias: 'disk' });
  t.strictSame(decisions, ['granted', 'granted'], 'a note takes one of the events');
});

t.test('what PagerDuty did not take is not remembered', async (t) => {
  const { bridge, upstream } = startWorld(t);
  const one = bridge();
  upstream.isDown = true;
  await t.rejects(one.create(senderOf(one), { ...disk, alias: 'disk' }, 'r1'));
  const alias = { identifier: 'disk', identifierType: 'alias' };
  t.throws(() => one.alert(senderOf(one), alias), { code: /^alert_not_found$/ });
  t.throws(() => one.request(senderOf(one), 'r1'), { code: /^request_not_found$/ });
});

t.test('nobody sees the alerts and requests of another key', async (t) => {
  const { bridge } = startWorld(t);
  const one = bridge();
  await one.create(senderOf(one), { ...disk, alias: 'disk' }, 'r1');
  const other = senderOf(one, PSVCPAY);
  t.throws(() => one.alert(other, { identifier: 'disk', identifierType: 'alias' }), { code: /^alert_not_found$/ });
  t.throws(() => one.request(other, 'r1'), { code: /^request_not_found$/ });
});

t.test('what is remembered is forgotten after an hour', async (t) => {
  const { bridge, clock } = startWorld(t);
  const one = bridge();
  const sender = senderOf(one);
  const known = (identifier: string) => {
    try {
      return one.alert(sender, { identifier, identifierType: 'alias' }).alias === identifier;
    } catch {
      return false;
    }
  };
  await one.create(sender, { ...disk, alias: 'small' }, 'r1');
  t.ok(known('small'));
  await clock.advance(3_599_000);
  t.ok(known('small'));
  await clock.advance(2_000);
  t.notOk(known('small'));
});

t.test('a key has its events to itself, and is told when it may send the next', async (t) => {
  const { bridge, clock, decisions, upstream } = startWorld(t);
  const one = bridge({ calls: 2 });
  const sender = senderOf(one);
  const other = senderOf(one, PSVCPAY);
  for (const id of ['r1', 'r2']) await one.create(sender, { ...disk, alias: id }, id);
  await clock.advance(20_000);
  const calls = upstream.calls;
  const refusal = { code: /^rate_limited$/, statusCode: 429, retryAfterMs: 40_000 };
  await t.rejects(one.create(sender, disk, 'r3'), refusal);
  await t.rejects(one.admit(sender), refusal);
  t.equal(upstream.calls, calls, 'nothing went out');
  await t.resolves(one.admit(other));
  await one.create(other, disk, 'r4');
  t.strictSame(decisions, ['granted', 'granted', 'refused', 'refused', 'granted']);
  t.strictSame(one.drainRefusals(), [{ connection: sender.fingerprint, refused: 2 }]);
  t.strictSame(one.drainRefusals(), []);
  await clock.advance(40_000);
  await t.resolves(one.admit(sender));
  await one.create(sender, disk, 'r5');
});

t.test('an alert that is refused for its form costs no event', async (t) => {
  const { bridge, decisions } = startWorld(t);
  const one = bridge();
  await t.rejects(one.create(senderOf(one), {}, 'r1'), { code: /^invalid_alert$/ });
  const named = { identifier: 'nowhere', identifierType: undefined, requestId: 'r2' };
  await t.rejects(one.change('Close', senderOf(one), named), { code: /^alert_not_found$/ });
  const alias = { identifier: 'disk', identifierType: 'alias', requestId: 'r3' };
  await t.rejects(one.addNote(senderOf(one), named, { note: 'x' }), { code: /^alert_not_found$/ });
  await t.rejects(one.addNote(senderOf(one), alias, { user: 'Ada' }), { code: /^invalid_alert$/ });
  t.strictSame(decisions, []);
});

t.test('of more senders than it keeps the one that was silent longest is forgotten', async (t) => {
  const { bridge } = startWorld(t);
  const one = bridge({ calls: 1, maxSenders: 2 });
  const keys = ['A', 'B', 'C'].map((letter) => letter.repeat(32));
  for (const key of keys) {
    await t.rejects(one.create(senderOf(one, key), disk, 'r1'), { code: /^unknown_integration_key$/ });
  }
  await t.resolves(one.admit(senderOf(one, keys[0])));
  for (const key of keys.slice(1)) {
    await t.rejects(one.admit(senderOf(one, key)), { code: /^rate_limited$/ });
  }
});

t.test('a sender’s fingerprint does not give its key away', async (t) => {
  const { bridge } = startWorld(t);
  const { fingerprint } = senderOf(bridge());
  t.match(fingerprint, /^[\da-f]{32}$/);
  t.notOk(PSVCWEB.includes(fingerprint));
  t.not(fingerprint, senderOf(bridge(), PSVCPAY).fingerprint);
});
