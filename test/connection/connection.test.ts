import { createHash } from 'node:crypto';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { ConnectionRegistry } from '../../src/connection/connection-registry.js';
import { UnknownKeys } from '../../src/connection/unknown-keys.js';
import { UnknownReferenceError } from '../../src/errors/service-error.js';
import { LocalCallLimiter } from '../../src/limiter/local-call-limiter.js';
import type { Credential } from '../../src/pagerduty/client.js';
import { PagerDutyResponseError } from '../../src/pagerduty/errors.js';
import { EventSender } from '../../src/pagerduty/event-sender.js';
import { PagerDuty } from '../../src/pagerduty/pagerduty.js';
import { HastyClock } from '../support/hasty-clock.js';
import { ManualClock } from '../support/manual-clock.js';
import { passThroughGate } from '../support/pass-through-gate.js';
import { until } from '../support/until.js';
import { answer, type Behaviour, startUpstream } from '../support/upstream.js';

const hourMs = 3_600_000;
const windowMs = 60_000;
const ada: Credential = { scheme: 'Token', key: 'u+S3cretKey_-9' };

/** Registries over one PagerDuty that does what the test says. */
async function build(t: Test, behaviours: readonly Behaviour[] = [], clock = new ManualClock()) {
  const upstream = await startUpstream(t, ...behaviours);
  const pagerDuty = new PagerDuty({
    apiUrl: upstream.url,
    eventsUrl: upstream.url,
    clock,
    random: () => 0,
    report: () => undefined,
  });
  t.teardown(() => pagerDuty.close());
  class RegistryOfOnePlace extends ConnectionRegistry {
    override open(credential: Credential, place = pagerDuty) {
      return super.open(credential, place);
    }
  }
  const registryOf = (options: { maxConnections?: number; idleMs?: number } = {}) => {
    const registry = new RegistryOfOnePlace({
      clock,
      limit: { calls: 2, windowMs },
      createLimiter: (limiterOptions) => new LocalCallLimiter(limiterOptions),
      unknownKeys: new UnknownKeys({ clock }),
      ...options,
    });
    t.teardown(() => registry.close());
    return registry;
  };
  return { upstream, clock, pagerDuty, registryOf };
}

const bearer = (key: string): Credential => ({ scheme: 'Bearer', key });
const token = (key: string): Credential => ({ scheme: 'Token', key });

t.test('a credential has one connection, which asks with it', async (t) => {
  const { upstream, registryOf } = await build(t, [{ body: { user: { id: 'P1' } } }]);
  const registry = registryOf();
  const connection = registry.open(ada);
  t.equal(registry.open({ ...ada }), connection);
  t.not(registry.open(bearer(ada.key)), connection);
  t.not(registry.open(token(`${ada.key}2`)), connection);
  t.equal(registry.size, 3);
  t.equal(upstream.received.length, 0, 'a wrong key shows at its first call only');
  await connection.directory.user('P1');
  t.match(upstream.received, [{ headers: { authorization: `Token token=${ada.key}` } }]);
});

/** PagerDuty somewhere else; nothing is sent there. */
function elsewhere(t: Test, apiUrl: string): PagerDuty {
  const url = new URL(apiUrl);
  const clock = new ManualClock();
  const pagerDuty = new PagerDuty({ apiUrl: url, eventsUrl: url, clock, random: () => 0, report: () => undefined });
  t.teardown(() => pagerDuty.close());
  return pagerDuty;
}

t.test('an id tells credentials and regions apart, and is the same after a restart', async (t) => {
  const { registryOf } = await build(t);
  const us = elsewhere(t, 'https://api.pagerduty.com');
  const eu = elsewhere(t, 'https://api.eu.pagerduty.com');
  const idOf = (credential: Credential, place = us) => registryOf().open(credential, place).id;
  t.equal(
    idOf(ada),
    createHash('sha256').update(`https://api.pagerduty.com/\nToken ${ada.key}`).digest('hex').slice(0, 32),
    'the events that are stored under it are found again by a later version',
  );
  t.equal(idOf(ada), idOf({ ...ada }));
  const all = [idOf(ada), idOf(bearer(ada.key)), idOf(token('x')), idOf(ada, eu)];
  t.equal(new Set(all).size, all.length);
});

t.test(
  'a key that is used in two regions has a connection in each, with its own limit and its own events',
  async (t) => {
    const { registryOf, clock, pagerDuty, upstream } = await build(t, [
      { body: { status: 'success', dedup_key: 'here' } },
    ]);
    const there = await startUpstream(t, { body: { status: 'success', dedup_key: 'there' } });
    const other = new PagerDuty({
      apiUrl: there.url,
      eventsUrl: there.url,
      clock,
      random: () => 0,
      report: () => undefined,
    });
    t.teardown(() => other.close());
    const registry = registryOf();
    const [one, two] = [registry.open(ada, pagerDuty), registry.open(ada, other)];
    t.not(one, two);
    t.equal(registry.open(ada, other), two);
    await one.limiter.take();
    await one.limiter.take();
    t.equal((await one.limiter.take()).granted, false);
    t.equal((await two.limiter.take()).granted, true);
    const event = { integrationKey: 'k'.repeat(32), summary: 's', dedupKey: 'd' };
    t.equal(await one.events.trigger(event), 'here');
    t.equal(await two.events.trigger(event), 'there');
    t.strictSame([upstream.received.length, there.received.length], [1, 1]);
  },
);

t.test('what is known of integration keys is known for all connections to the same place', async (t) => {
  const { upstream, registryOf } = await build(t, [refusal('Invalid routing key'), takenBy.v1]);
  const registry = registryOf();
  await registry.open(ada).events.trigger(event);
  await registry.open(token('other')).events.trigger(event);
  t.strictSame(
    upstream.received.map(({ url }) => url),
    [v2Path, v1Path, v1Path],
  );
});

t.test('no key shows in an id, and no two keys share one', async (t) => {
  const { registryOf } = await build(t);
  const registry = registryOf();
  const aKey = fc.string({ minLength: 3, maxLength: 40 });
  fc.assert(
    fc.property(aKey, aKey, (one, other) => {
      const [a, b] = [registry.open(token(one)).id, registry.open(token(other)).id];
      return (a === b) === (one === other) && (/^[0-9a-f]{3,4}$/.test(one) || !a.includes(one));
    }),
  );
});

t.test('a connection that has been idle for an hour is forgotten, one in use is not', async (t) => {
  const { clock, registryOf } = await build(t);
  const registry = registryOf();
  const idle = registry.open(token('idle'));
  const used = registry.open(ada);
  await clock.advance(hourMs);
  t.equal(registry.open(ada), used, 'an hour is not yet too long');
  await clock.advance(1);
  registry.sweep();
  t.equal(registry.size, 1);
  t.equal(registry.open(ada), used);
  const again = registry.open(token('idle'));
  t.not(again, idle);
  t.equal(again.id, idle.id);
  await t.rejects(idle.limiter.take(), { code: /^call_limiter_closed$/ }, 'what was forgotten holds nothing');
  await clock.advance(hourMs + 1);
  t.not(registry.open(ada), used, 'forgotten without a sweep too');
});

t.test('a connection is never forgotten within its window, or it would begin with all of its calls', async (t) => {
  const { clock, registryOf } = await build(t);
  const registry = registryOf({ idleMs: 1 });
  const connection = registry.open(ada);
  await clock.advance(2 * windowMs);
  registry.sweep();
  t.equal(registry.open(ada), connection);
  await clock.advance(2 * windowMs + 1);
  registry.sweep();
  t.equal(registry.size, 0);
});

t.test('there are never more connections than allowed: the longest unused goes first', async (t) => {
  const { registryOf } = await build(t);
  const registry = registryOf({ maxConnections: 2 });
  const first = registry.open(token('1'));
  const second = registry.open(token('2'));
  t.equal(registry.open(token('1')), first);
  registry.open(token('3'));
  t.equal(registry.size, 2);
  t.equal(registry.open(token('1')), first);
  t.not(registry.open(token('2')), second);
  await t.rejects(second.limiter.take(), { code: /^call_limiter_closed$/ });
});

t.test('each connection has the whole limit to itself', async (t) => {
  const { registryOf } = await build(t);
  const registry = registryOf();
  const { limiter } = registry.open(ada);
  const decisions = [await limiter.take(), await limiter.take(), await limiter.take()];
  t.strictSame(
    decisions.map(({ granted }) => granted),
    [true, true, false],
  );
  t.match(await registry.open(token('other')).limiter.take(), { granted: true, limit: 2, remaining: 1 });
});

t.test('a connection gives back by itself what it has left unused', async (t) => {
  const { clock, registryOf } = await build(t);
  const registry = registryOf();
  const { limiter } = registry.open(ada);
  await limiter.take();
  t.equal(clock.sleeping, 1, 'its slots are held');
  await clock.advance(2 * windowMs);
  t.equal(clock.sleeping, 0);
});

t.test('closing forgets all connections and ends their limiters', async (t) => {
  const { registryOf } = await build(t);
  const registry = registryOf();
  const connection = registry.open(ada);
  await connection.limiter.take();
  await registry.close();
  t.equal(registry.size, 0);
  await t.rejects(connection.limiter.take(), { code: /^call_limiter_closed$/ });
});

const actor = { userId: 'PUSER01', field: 'userId', label: 'Acting user' };
const userReply = (email: unknown): Behaviour => ({ body: { user: { id: 'PUSER01', email } } });

t.test('the e-mail address of a user is looked up once an hour', async (t) => {
  const { upstream, clock, registryOf } = await build(t, [userReply('ada@example.com')]);
  const connection = registryOf().open(ada);
  t.equal(await connection.emailOf(actor), 'ada@example.com');
  upstream.script(userReply('ada@example.org'));
  await clock.advance(hourMs / 2);
  t.equal(await connection.emailOf({ ...actor, field: 'other' }), 'ada@example.com');
  await clock.advance(hourMs / 2);
  t.equal(await connection.emailOf(actor), 'ada@example.com');
  t.equal(upstream.received.length, 1);
  await clock.advance(1);
  t.equal(await connection.emailOf(actor), 'ada@example.org', 'being asked for does not make it younger');
  t.strictSame(
    upstream.received.map(({ url }) => url),
    ['/users/PUSER01', '/users/PUSER01'],
  );
});

t.test('an address is remembered for one user of one connection', async (t) => {
  const { upstream, registryOf } = await build(t, [userReply('ada@example.com'), userReply('b@example.com')]);
  const registry = registryOf();
  t.equal(await registry.open(ada).emailOf(actor), 'ada@example.com');
  t.equal(await registry.open(ada).emailOf({ ...actor, userId: 'PUSER02' }), 'b@example.com');
  t.equal(await registry.open(token('other')).emailOf(actor), 'b@example.com');
  t.equal(upstream.received.length, 3);
});

t.test('a user that PagerDuty does not know is told of by the input that names it', async (t) => {
  const { upstream, registryOf } = await build(t, [
    { status: 404, body: { error: { code: 2100, message: 'Not Found' } } },
  ]);
  const connection = registryOf().open(ada);
  const unknown = connection.emailOf(actor);
  await t.rejects(unknown, {
    code: /^unknown_user$/,
    statusCode: 404,
    details: { field: 'userId' },
    message: /^Acting user \(userId\): expected an id from this PagerDuty account, got one that no user has\./,
    cause: { pagerDutyStatus: 404, pagerDutyCode: 2100 },
  });
  await t.rejects(unknown, UnknownReferenceError);
  upstream.script(userReply('ada@example.com'));
  t.equal(await connection.emailOf(actor), 'ada@example.com', 'what failed is asked again');
});

t.test('a thing of several words that PagerDuty does not know has a code of one', async (t) => {
  const input = { field: 'policyId', label: 'Policy', thing: 'escalation policy' } as const;
  t.match(new UnknownReferenceError(input, undefined), {
    code: /^unknown_escalation_policy$/,
    message: /no escalation policy/,
  });
});

t.test('any other failure of the look-up is passed on as it is', async (t) => {
  for (const status of [401, 403, 400]) {
    const { registryOf } = await build(t, [{ status }]);
    const failure: unknown = await registryOf()
      .open(ada)
      .emailOf(actor)
      .catch((error: unknown) => error);
    t.ok(failure instanceof PagerDutyResponseError);
    t.match(failure, { pagerDutyStatus: status, statusCode: status });
  }
});

t.test('a user without an e-mail address cannot act', async (t) => {
  for (const email of [undefined, null, '']) {
    const { registryOf } = await build(t, [userReply(email)]);
    await t.rejects(registryOf().open(ada).emailOf(actor), {
      code: /^pagerduty_invalid_response$/,
      message: /a user with an e-mail address/,
    });
  }
});

t.test('a dropdown’s lists belong to their connection', async (t) => {
  const { registryOf } = await build(t);
  const registry = registryOf();
  const listed = async (credential: Credential) =>
    String(await registry.open(credential).listing('users', async () => Buffer.from(credential.key)));
  t.equal(await listed(ada), ada.key);
  t.equal(await listed({ scheme: 'Token', key: 'another' }), 'another');
  t.equal(await listed(ada), ada.key);
  t.equal(registry.listedBytes, ada.key.length + 'another'.length);
  await registry.close();
  t.equal(registry.listedBytes, 0);
});

const key = 'e93facc04764012d7bfb002500d5d1a6';
const event = { integrationKey: key, summary: 'Disk full', dedupKey: 'd-1' };
const v1Path = '/generic/2010-04-15/create_event.json';
const v2Path = '/v2/enqueue';

const refusal = (...errors: string[]): Behaviour => ({
  status: 400,
  body: { status: 'invalid event', message: 'Event object is invalid', errors },
});
const takenBy = {
  v1: { body: { status: 'success', message: 'Event processed', incident_key: 'from v1' } },
  v2: { status: 202, body: { status: 'success', message: 'Event processed', dedup_key: 'from v2' } },
};

async function buildSender(t: Test, behaviours: readonly Behaviour[]) {
  const { upstream, pagerDuty, clock } = await build(t, behaviours, new HastyClock());
  return {
    upstream,
    clock,
    sender: new EventSender(pagerDuty.events, () => passThroughGate),
    asked: () => upstream.received.map(({ url }) => url),
  };
}

t.test('an event goes to Events API v2 first, and to v1 if v2 says that the key is not its own', async (t) => {
  for (const said of ['Invalid routing key', 'routing_key is invalid', 'The Integration key is unknown']) {
    const { sender, asked } = await buildSender(t, [refusal('x', said), takenBy.v1]);
    t.equal(await sender.trigger(event), 'from v1');
    t.strictSame(asked(), [v2Path, v1Path], said);
  }
  const { sender, asked } = await buildSender(t, [takenBy.v2]);
  t.equal(await sender.trigger(event), 'from v2');
  t.strictSame(asked(), [v2Path]);
});

t.test('what a key turned out to be is remembered, for that key', async (t) => {
  const { upstream, sender, asked } = await buildSender(t, [refusal('Invalid routing key'), takenBy.v1]);
  await sender.trigger(event);
  t.equal(await sender.trigger({ ...event, dedupKey: 'd-2' }), 'from v1');
  t.strictSame(asked(), [v2Path, v1Path, v1Path]);
  upstream.script(takenBy.v2);
  t.equal(await sender.trigger({ ...event, integrationKey: key.toUpperCase() }), 'from v2');
  t.strictSame(asked().slice(3), [v2Path]);
});

t.test('a key that moved from one version to the other is followed', async (t) => {
  const { upstream, sender, asked } = await buildSender(t, [refusal('Invalid routing key'), takenBy.v1]);
  await sender.trigger(event);
  upstream.script(refusal('service_key is invalid'), takenBy.v2);
  t.equal(await sender.trigger(event), 'from v2');
  t.equal(await sender.trigger(event), 'from v2');
  t.strictSame(asked(), [v2Path, v1Path, v1Path, v2Path, v2Path]);
});

t.test('a key that neither version knows is told of by its input, and never repeated', async (t) => {
  const { upstream, sender, asked } = await buildSender(t, [
    refusal(`Invalid routing key ${key}`),
    refusal(`Service key is the wrong length: ${key}`),
  ]);
  const failure: unknown = await sender.trigger(event).catch((error: unknown) => error);
  t.match(failure, { code: /^unknown_integration_key$/, statusCode: 400, details: { field: 'service_key' } });
  t.match(failure, { message: /^Service key \(service_key\): expected .* got one that PagerDuty does not know\./ });
  t.notMatch(failure instanceof Error ? `${failure.message} ${failure.stack} ${failure.cause}` : key, key);
  t.strictSame(asked(), [v2Path, v1Path]);
  upstream.script(takenBy.v2);
  t.equal(await sender.trigger(event), 'from v2', 'nothing is remembered against the key');
  t.strictSame(asked(), [v2Path, v1Path, v2Path]);
});

t.test('a key that is no longer known is asked about from the beginning', async (t) => {
  const { upstream, sender, asked } = await buildSender(t, [refusal('Invalid routing key'), takenBy.v1]);
  await sender.trigger(event);
  upstream.script(refusal('Invalid service key'), refusal('Invalid routing key'), takenBy.v2);
  await t.rejects(sender.trigger(event), { code: /^unknown_integration_key$/ });
  t.equal(await sender.trigger(event), 'from v2');
  t.strictSame(asked().slice(2), [v1Path, v2Path, v2Path]);
});

t.test('a failure that is not about the key is passed on, and the other version is not asked', async (t) => {
  const failures: ReadonlyArray<readonly [behaviour: Behaviour, code: string, requests: number]> = [
    [refusal('summary is too long'), 'pagerduty_rejected', 1],
    [refusal('dedup_key is too long', 'incident_key is too long'), 'pagerduty_rejected', 1],
    [refusal(), 'pagerduty_rejected', 1],
    [{ status: 404, body: { errors: ['Invalid routing key'] } }, 'pagerduty_not_found', 1],
    [{ status: 429, headers: { 'retry-after': '30' } }, 'pagerduty_rate_limited', 1],
    [{ status: 500 }, 'pagerduty_error', 3],
    [{ body: 'OK' }, 'pagerduty_invalid_response', 1],
  ];
  for (const [behaviour, code, requests] of failures) {
    const { sender, asked } = await buildSender(t, [behaviour]);
    await t.rejects(sender.trigger(event), { code: new RegExp(`^${code}$`) });
    t.strictSame(asked(), Array(requests).fill(v2Path), code);
  }
});

t.test('a version that fails is not remembered as the one that a key belongs to', async (t) => {
  const { upstream, sender, asked } = await buildSender(t, [refusal('Invalid routing key'), { status: 500 }]);
  await t.rejects(sender.trigger(event), { code: /^pagerduty_error$/ });
  upstream.script(takenBy.v2);
  t.equal(await sender.trigger(event), 'from v2');
  t.strictSame(asked(), [v2Path, v1Path, v1Path, v1Path, v2Path]);
});

t.test(
  'an event with a routing key goes to Events API v2 alone, and its key is told of by where it came from',
  async (t) => {
    const { upstream, sender, asked } = await buildSender(t, [takenBy.v2]);
    const routingKey = { value: key, field: 'X-Routing-Key', label: 'Routing Key' };
    t.match(await sender.send(routingKey, { dedup_key: 'd-1' }), { dedup_key: 'from v2' });
    t.match(await sender.sendChange(routingKey, {}), { status: 'success' });
    t.strictSame(asked(), [v2Path, '/v2/change/enqueue']);
    for (const attempt of [
      () => sender.send(routingKey, { dedup_key: 'd' }),
      () => sender.sendChange(routingKey, {}),
    ]) {
      upstream.script(refusal(`Invalid routing key ${key}`));
      const failure: unknown = await attempt().catch((error: unknown) => error);
      t.match(failure, { code: /^unknown_integration_key$/, details: { field: 'X-Routing-Key' } });
      t.match(failure, {
        message: /^Routing Key \(X-Routing-Key\): expected the integration key of an Events API v2 integration, got/,
      });
      t.notMatch(failure instanceof Error ? `${failure.message} ${failure.stack}` : key, key);
      upstream.script(refusal('summary is too long'));
      await t.rejects(attempt(), { code: /^pagerduty_rejected$/ });
    }
    t.equal(asked().length, 6, 'the other version is not asked');
  },
);

t.test('events sent at once each get their own answer', async (t) => {
  const { upstream, sender } = await buildSender(t, [
    (response, { url, body }) => {
      if (url === v2Path) answer(response, { status: 400, body: { errors: ['Invalid routing key'] } });
      else answer(response, { body: { status: 'success', incident_key: /"incident_key":"(d-\d+)"/.exec(body)?.[1] } });
    },
  ]);
  const keys = Array.from({ length: 10 }, (_, i) => `d-${i}`);
  t.strictSame(await Promise.all(keys.map((dedupKey) => sender.trigger({ ...event, dedupKey }))), keys);
  await until(() => upstream.received.length === 20);
});

t.test('10,000 connections that were seen and then left alone leave nothing behind', async (t) => {
  const { clock, registryOf } = await build(t);
  const registry = registryOf();
  const connections = Array.from({ length: 10_000 }, (_, index) => {
    const connection = registry.open(token(`key-${index}`));
    connection.keyGuard.markAccepted();
    return connection;
  });
  // Each first call asks Bottleneck, so only some of them make one here.
  const busy = connections.slice(0, 200);
  await Promise.all(busy.map(({ limiter }) => limiter.take()));
  t.equal(registry.size, 10_000);
  t.equal(clock.sleeping, 200, 'their slots are held');
  await clock.advance(3 * windowMs);
  registry.sweep();
  t.equal(clock.sleeping, 0, 'no slot is held');
  await clock.advance(hourMs);
  registry.sweep();
  t.equal(registry.size, 0);
  t.equal(clock.sleeping, 0, 'nor does anything wait');
});

t.test(
  'the id of an incident with a number is looked up once, and again after an hour in which nobody asks',
  async (t) => {
    const { upstream, clock, registryOf } = await build(t, [
      { body: { incident: { id: 'P1', status: 'triggered', created_at: '2026-01-05T09:00:00Z' } } },
    ]);
    const connection = registryOf().open(ada);
    for (let times = 0; times < 5; times += 1) {
      t.equal(await connection.incidentIdOf('1234'), 'P1');
      await clock.advance(hourMs / 2);
    }
    t.strictSame(
      upstream.received.map(({ url }) => url),
      ['/incidents/1234'],
    );
    await clock.advance(2 * hourMs);
    connection.releaseIdle();
    t.equal(await connection.incidentIdOf('1234'), 'P1');
    t.equal(upstream.received.length, 2);
  },
);

t.test('the number of no incident is not remembered', async (t) => {
  const { upstream, registryOf } = await build(t, [{ status: 404 }]);
  const connection = registryOf().open(ada);
  await t.rejects(connection.incidentIdOf('1'), PagerDutyResponseError);
  await t.rejects(connection.incidentIdOf('1'), PagerDutyResponseError);
  t.equal(upstream.received.length, 2);
});
