import t, { type Test } from 'tap';
import type { KeyMemory } from '../../src/connection/accepted-keys.js';
import { ConnectionRegistry } from '../../src/connection/connection-registry.js';
import { UnknownKeys } from '../../src/connection/unknown-keys.js';
import { StoreUnavailableError } from '../../src/engine/event-store.js';
import { LocalCallLimiter } from '../../src/limiter/local-call-limiter.js';
import { PagerDuty } from '../../src/pagerduty/pagerduty.js';
import { AccountsUpstream } from '../support/accounts-upstream.js';
import { ManualClock } from '../support/manual-clock.js';

const hourMs = 3_600_000;
const request = { address: '203.0.113.7', needsApiKey: true };

/** Processes of a service, one after the other, with one memory. */
function build(t: Test) {
  const clock = new ManualClock();
  const upstream = new AccountsUpstream(() => clock.now());
  const url = new URL('https://pagerduty.invalid');
  const connect = () => upstream;
  const common = { apiUrl: url, eventsUrl: url, clock, random: () => 0, report: () => undefined };
  const pagerDuty = new PagerDuty({ ...common, connect });
  const remembered: string[] = [];
  const memory: KeyMemory = {
    isAccepted: async (id) => remembered.includes(id),
    rememberAccepted: async (id) => {
      remembered.push(id);
    },
  };
  const start = (from: KeyMemory = memory) => {
    const unknownKeys = new UnknownKeys({ clock, memory: from, keepMs: 168 * hourMs });
    const registry = new ConnectionRegistry({
      clock,
      limit: { calls: 30, windowMs: 60_000 },
      unknownKeys,
      createLimiter: (options) => new LocalCallLimiter(options),
    });
    t.teardown(() => registry.close());
    const admit = (key: string, coming = request) => registry.admit({ scheme: 'Token', key }, pagerDuty, coming);
    /** Requests with invented keys, whose inputs are wrong, until none passes. */
    const exhaust = async () => {
      for (let count = 0; ; count += 1) {
        const admitted = await admit(`wrong-${count}`).catch(() => undefined);
        if (admitted === undefined) return count;
        admitted.release();
      }
    };
    return { registry, unknownKeys, admit, exhaust };
  };
  return { clock, upstream, pagerDuty, remembered, start };
}

const crowded = { code: /^too_many_unknown_keys$/, statusCode: 503 };

t.test('a key that PagerDuty has accepted is known after a restart, and after an idle hour', async (t) => {
  const { clock, remembered, start } = build(t);
  const first = start();
  const { connection, release } = await first.admit('good-one');
  await connection.directory.user('P1');
  release();
  await first.unknownKeys.idle();
  t.strictSame(remembered, [connection.id], 'by its id, which is a hash');
  for (const { admit, exhaust } of [start(), start()]) {
    await exhaust();
    t.equal((await admit('good-one')).connection.keyGuard.isAccepted, true);
    await t.rejects(admit('good-new'), crowded);
  }
  await clock.advance(2 * hourMs);
  first.registry.sweep();
  t.equal(first.registry.size, 0);
  await first.exhaust();
  t.equal((await first.admit('good-one')).connection.keyGuard.isAccepted, true);
});

t.test('a key that is used all the time is written down once a day', async (t) => {
  const { clock, remembered, start } = build(t);
  const { admit } = start();
  for (let hour = 0; hour < 49; hour += 1) {
    const { connection, release } = await admit('good-one');
    for (let calls = 0; calls < 3; calls += 1) await connection.directory.user(`P${hour}`);
    release();
    await clock.advance(hourMs / 2);
    (await admit('good-one')).release();
    await clock.advance(hourMs / 2);
  }
  t.equal(remembered.length, 3);
});

t.test('an integration key whose event PagerDuty took is known after a restart', async (t) => {
  const { start, upstream } = build(t);
  const send = async ({ admit }: ReturnType<typeof start>, to: string) => {
    const { connection } = await admit('any', { ...request, needsApiKey: false });
    const key = { value: to, field: 'routing_key', label: 'Routing key' };
    return connection.events.send(key, { dedup_key: 'd' });
  };
  const first = start();
  await send(first, 'good-integration');
  await first.unknownKeys.idle();
  const second = start();
  await second.exhaust();
  t.match(await send(second, 'good-integration'), { status: 'success' });
  upstream.calls.length = 0;
  await t.rejects(send(second, 'good-other'), crowded);
  t.strictSame(upstream.calls, []);
});

t.test('a memory that fails makes a key one that is not known yet, and nothing worse', async (t) => {
  const { start } = build(t);
  const fails = async () => {
    throw new StoreUnavailableError(new Error('the disk is full'));
  };
  const { admit, unknownKeys } = start({ isAccepted: fails, rememberAccepted: fails });
  const { connection } = await admit('good-one');
  t.equal((await connection.directory.user('P1')).id, 'good-one');
  await unknownKeys.idle();
});

t.test('a key gets a place once it is charged: wrong inputs with invented keys push nobody out', async (t) => {
  const { registry, admit, exhaust } = build(t).start();
  const { connection, inputsAreRight, release } = await admit('good-slow');
  t.equal(await exhaust(), 1_039);
  t.equal(registry.size, 1_040);
  for (let count = 0; count < 3_000; count += 1) await t.rejects(admit(`other-${count}`), crowded);
  for (let count = 0; count < 3_000; count += 1) {
    (await admit(`event-${count}`, { ...request, needsApiKey: false })).release();
  }
  t.equal(registry.size, 1_040, 'nor do those who send events');
  inputsAreRight();
  t.equal((await connection.directory.user('P1')).id, 'good-slow', 'its call was charged for when it came');
  release();
  t.equal((await admit('good-slow')).connection, connection);
});

t.test('nothing is ended under a request that uses it', async (t) => {
  const { pagerDuty, start } = build(t);
  const { registry, admit } = start();
  const { connection, release } = await admit('good-slow');
  for (let count = 0; count < 2_500; count += 1) registry.open({ scheme: 'Token', key: `other-${count}` }, pagerDuty);
  t.match(await connection.limiter.take(), { granted: true });
  release();
  await t.rejects(connection.limiter.take(), { code: /^call_limiter_closed$/ });
});

t.test('requests with a new key that come at once share one connection', async (t) => {
  const { registry, admit } = build(t).start();
  const admitted = await Promise.all(Array.from({ length: 5 }, () => admit('good-one')));
  t.equal(new Set(admitted.map(({ connection }) => connection)).size, 1);
  t.equal(registry.size, 1);
});
