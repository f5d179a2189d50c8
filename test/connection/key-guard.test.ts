import t from 'tap';
import type { Connection } from '../../src/connection/connection.js';
import { ConnectionRegistry } from '../../src/connection/connection-registry.js';
import { UnknownKeys } from '../../src/connection/key-guard.js';
import { LocalCallLimiter } from '../../src/limiter/local-call-limiter.js';
import type { RoutingKey } from '../../src/pagerduty/integration-key.js';
import { PagerDuty } from '../../src/pagerduty/pagerduty.js';
import { AccountsUpstream } from '../support/accounts-upstream.js';
import { HastyClock } from '../support/hasty-clock.js';
import { ManualClock } from '../support/manual-clock.js';
import { until } from '../support/until.js';

const minuteMs = 60_000;

function build(t: { teardown(close: () => unknown): void }, clock: ManualClock | HastyClock = new ManualClock()) {
  const upstream = new AccountsUpstream(() => clock.now());
  const otherRegion = new AccountsUpstream(() => clock.now());
  const apiUrl = new URL('https://pagerduty.invalid');
  const otherRegionUrl = new URL('https://other.invalid');
  const pagerDuty = new PagerDuty({
    apiUrl,
    eventsUrl: apiUrl,
    otherRegionUrl,
    clock,
    random: () => 0,
    report: () => undefined,
    connect: ({ host }) => (host === otherRegionUrl.host ? otherRegion : upstream),
  });
  const reported: string[] = [];
  const unknownKeys = new UnknownKeys({ clock, report: (event) => reported.push(event) });
  const registry = new ConnectionRegistry({
    clock,
    limit: { calls: 30, windowMs: minuteMs },
    unknownKeys,
    createLimiter: (options) => new LocalCallLimiter(options),
  });
  t.teardown(() => registry.close());
  const open = (key: string) => registry.open({ scheme: 'Token', key }, pagerDuty);
  /** One call with a key, and what came of it: `ok` or the code of the error. */
  const call = (key: string) => outcomeOf(open(key).directory.user('P1'));
  return { clock, upstream, otherRegion, registry, unknownKeys, reported, open, call };
}

/** `ok`, or the code of the error. */
async function outcomeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'ok';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

function countOf(outcomes: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

const keys = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

/** Calls in order, so many at a time. */
async function inWaves(all: readonly string[], wave: number, call: (key: string) => Promise<string>) {
  const outcomes: string[] = [];
  for (let from = 0; from < all.length; from += wave)
    outcomes.push(...(await Promise.all(all.slice(from, from + wave).map(call))));
  return outcomes;
}

t.test('keys that are guessed cost a thousand calls at once, and 300 a minute from then on', async (t) => {
  const { call, clock, upstream, reported, unknownKeys } = build(t);
  const at = async (prefix: string) => countOf(await inWaves(keys(prefix, 5_000), 100, call));
  t.strictSame(await at('a'), { pagerduty_unauthorized: 1_000, too_many_unknown_keys: 4_000 });
  t.equal(upstream.calls.length, 1_000);
  t.strictSame(countOf(reported), { refused_by_pagerduty: 1_000, too_many: 4_000 });
  t.equal(unknownKeys.drainRefused(), 4_000);
  t.equal(unknownKeys.drainRefused(), 0);
  for (const minute of ['b', 'c', 'd']) {
    for (let second = 0; second < 60; second += 1) {
      await clock.advance(1_000);
      await inWaves(keys(`${minute}${second}`, 20), 20, call);
    }
  }
  t.equal(upstream.calls.length, 1_900);
  await clock.advance(60 * minuteMs);
  t.match(await at('e'), { pagerduty_unauthorized: 1_000 }, 'and no more is saved up');
});

t.test('a refusal says what to do and when', async (t) => {
  const { call, open, upstream } = build(t);
  await inWaves(keys('wrong', 1_000), 100, call);
  const { keyGuard } = open('good-one');
  t.throws(() => keyGuard.refuseIfCrowded(), {
    code: /^too_many_unknown_keys$/,
    statusCode: 503,
    retryAfterMs: 10_000,
    message: /Nothing was sent to PagerDuty\. Try again after Retry-After/,
  });
  t.equal(upstream.calls.length, 1_000);
});

t.test('a request with an unknown key is charged until its inputs are known to be right', async (t) => {
  const { call, open } = build(t);
  const { keyGuard } = open('wrong-inputs');
  const refunds = Array.from({ length: 1_000 }, () => keyGuard.charge());
  t.throws(() => keyGuard.charge(), { code: /^too_many_unknown_keys$/ });
  refunds[0]?.();
  t.equal(await call('good-one'), 'ok');
  t.doesNotThrow(() => open('good-one').keyGuard.charge(), 'a key that is known is not charged');
  t.doesNotThrow(() => open('good-one').keyGuard.charge());
  keyGuard.charge();
  t.throws(() => keyGuard.charge(), { code: /^too_many_unknown_keys$/ }, 'and takes nothing from others');
});

t.test('after a restart all keys are unknown, and no good one is refused', async (t) => {
  const { call, registry, reported } = build(t);
  const outcomes = await inWaves(keys('good', 10_000), 1_000, call);
  t.strictSame(countOf(outcomes), { ok: 10_000 });
  t.equal(registry.size, 10_000);
  t.strictSame(reported, []);
});

t.test('several first calls of a key that come at once cost nothing either', async (t) => {
  const { open } = build(t);
  const threeCalls = async (key: string) => {
    const { directory } = open(key);
    const outcomes = await Promise.all(['P1', 'P2', 'P3'].map((id) => outcomeOf(directory.user(id))));
    return outcomes.find((outcome) => outcome !== 'ok') ?? 'ok';
  };
  t.strictSame(countOf(await inWaves(keys('good', 3_000), 100, threeCalls)), { ok: 3_000 });
});

t.test('a key that PagerDuty has accepted is not affected by what others guess', async (t) => {
  const { call, registry, upstream, open } = build(t, new HastyClock());
  const known = keys('good', 50);
  await inWaves(known, 50, call);
  const connections = known.map(open);
  await inWaves(keys('wrong', 4_000), 500, call);
  t.equal(registry.size, 2_050, 'guessed keys have a few places of their own');
  t.strictSame(known.map(open), connections);
  t.equal(await call('good-new'), 'too_many_unknown_keys');
  t.strictSame(countOf(await inWaves(known, 50, call)), { ok: 50 });
  upstream.isDown = true;
  t.equal(await call('good-0'), 'pagerduty_unreachable');
  upstream.isDown = false;
  t.equal(await call('good-0'), 'ok', 'a failure takes nothing from it');
  t.match(await open('good-0').limiter.take(), { granted: true });
});

t.test('a key that PagerDuty refused is refused again for 30 seconds without asking', async (t) => {
  const { call, clock, upstream, reported } = build(t);
  for (let calls = 0; calls < 5; calls += 1) t.equal(await call('wrong'), 'pagerduty_unauthorized');
  await clock.advance(29_999);
  t.equal(await call('wrong'), 'pagerduty_unauthorized');
  t.equal(upstream.calls.length, 1);
  t.strictSame(countOf(reported), { refused_by_pagerduty: 1, remembered: 5 });
  await clock.advance(1);
  t.equal(await call('wrong'), 'pagerduty_unauthorized');
  t.equal(upstream.calls.length, 2);
  await inWaves(keys('others', 2_000), 100, call);
  t.equal(await call('others-999'), 'too_many_unknown_keys', 'never asked about');
  t.equal(await call('others-5'), 'pagerduty_unauthorized', 'a refusal that is remembered stays one in the crowd');
});

t.test('a key that was accepted once is asked about each time: a refusal of it may be a slip', async (t) => {
  const { call, upstream } = build(t);
  t.equal(await call('good-slip'), 'ok');
  const answers = upstream.send.bind(upstream);
  upstream.send = async (request) => ({ ...(await answers(request)), status: 401 });
  t.equal(await call('good-slip'), 'pagerduty_unauthorized');
  upstream.send = answers;
  t.equal(await call('good-slip'), 'ok');
});

t.test('a key is known by an answer that only an accepted key gets', async (t) => {
  const { call, open, upstream } = build(t, new HastyClock());
  const answers = upstream.send.bind(upstream);
  for (const [status, isKnown] of [
    [200, true],
    [400, true],
    [402, true],
    [403, true],
    [404, true],
    [401, false],
    [408, false],
    [429, false],
    [500, false],
    [503, false],
  ] as const) {
    upstream.send = async (request) => ({ ...(await answers(request)), status });
    await call(`good-${status}`);
    t.equal(open(`good-${status}`).keyGuard.isAccepted, isKnown, String(status));
  }
});

t.test('the other region is asked about a key as seldom', async (t) => {
  const { open, upstream, otherRegion, call } = build(t);
  for (const key of keys('wrong', 600)) {
    await call(key);
    for (let times = 0; times < 3; times += 1) await open(key).probe.isOfOtherRegion();
  }
  t.equal(upstream.calls.length + otherRegion.calls.length, 1_000, 'both are paid for alike');
  t.equal(otherRegion.calls.length, 500);
});

t.test('a failure that tells nothing of the keys is a guess for now, and over soon after it', async (t) => {
  const clock = new HastyClock();
  const { call, upstream } = build(t, clock);
  upstream.isDown = true;
  const outcomes = countOf(await inWaves(keys('good', 2_000), 100, call));
  t.ok(upstream.calls.length <= 1_000 + (300 * 60) / 60, `${upstream.calls.length} calls`);
  t.ok((outcomes.too_many_unknown_keys ?? 0) > 900);
  upstream.isDown = false;
  await clock.sleep(10_000);
  t.strictSame(countOf(await inWaves(keys('good', 2_000), 50, call)), { ok: 2_000 });
});

const routingKey = (value: string): RoutingKey => ({ value, field: 'routing_key', label: 'Routing key' });

t.test('an event needs no API key, so only events that PagerDuty refuses count as guesses', async (t) => {
  const { open, upstream, call } = build(t);
  const send = (key: string, to: string) => outcomeOf(open(key).events.send(routingKey(to), { dedup_key: 'd' }));
  t.strictSame(countOf(await inWaves(keys('any', 3_000), 100, (key) => send(key, 'good-integration'))), { ok: 3_000 });
  t.equal(await call('any-0'), 'pagerduty_unauthorized', 'and do not make the key a known one');
  t.equal(await send('any-0', 'good-integration'), 'pagerduty_unauthorized');
  upstream.calls.length = 0;
  const wrong = countOf(await inWaves(keys('other', 3_000), 100, (key) => send(key, 'wrong-integration')));
  t.strictSame(wrong, { unknown_integration_key: 999, too_many_unknown_keys: 2_001 });
  t.equal(upstream.calls.length, 999);
});

t.test(
  'a connection that others push out while PagerDuty is asked about its key becomes known all the same',
  async (t) => {
    const { open, upstream, registry } = build(t);
    let answer: () => void = () => undefined;
    upstream.before = (key) =>
      key === 'good-slow' ? new Promise<void>((resolve) => (answer = resolve)) : Promise.resolve();
    const slow: Connection = open('good-slow');
    const called = outcomeOf(slow.directory.user('P1'));
    await until(() => upstream.calls.includes('good-slow'));
    for (const key of keys('wrong', 2_500)) open(key);
    t.equal(registry.size, 2_000);
    answer();
    t.equal(await called, 'ok');
    t.equal(open('good-slow'), slow);
    t.match(await slow.limiter.take(), { granted: true }, 'its limiter was not ended under it');
  },
);

t.test('two connections of one key, one of them pushed out, end as one', async (t) => {
  const { open, upstream, registry } = build(t);
  const answers: (() => void)[] = [];
  upstream.before = () => new Promise<void>((resolve) => answers.push(resolve));
  const first = open('good-twice');
  const calls = [outcomeOf(first.directory.user('P1'))];
  for (const key of keys('wrong', 2_000)) open(key);
  const second = open('good-twice');
  t.not(second, first);
  calls.push(outcomeOf(second.directory.user('P1')));
  await until(() => answers.length === 2);
  for (const answer of answers) answer();
  t.strictSame(await Promise.all(calls), ['ok', 'ok']);
  t.equal(open('good-twice'), first);
  for (const { limiter } of [first, second]) t.match(await limiter.take(), { granted: true });
  t.equal(registry.size, 2_000);
});
