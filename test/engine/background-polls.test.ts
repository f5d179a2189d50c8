import assert from 'node:assert/strict';
import t from 'tap';
import { ConnectionRegistry } from '../../src/connection/connection-registry.js';
import { UnknownKeys } from '../../src/connection/unknown-keys.js';
import { Engine } from '../../src/engine/engine.js';
import { LocalCallLimiter } from '../../src/limiter/local-call-limiter.js';
import { PagerDutyUnreachableError } from '../../src/pagerduty/errors.js';
import { PagerDuty } from '../../src/pagerduty/pagerduty.js';
import type { Upstream, UpstreamRequest, UpstreamResponse } from '../../src/pagerduty/transport.js';
import { ManualClock } from '../support/manual-clock.js';
import { silentObserver } from '../support/silent-observer.js';
import { temporaryStore } from '../support/simulated-world.js';
import { until } from '../support/until.js';

const intervalMs = 30_000;
const empty = JSON.stringify({ log_entries: [], limit: 100, offset: 0, more: false, total: null });

/** PagerDuty with many quiet accounts: remembers when it was called with which key, and answers as the test says. */
class QuietUpstream implements Upstream {
  readonly calls: { readonly key: string; readonly atMs: number }[] = [];
  running = 0;
  maxRunning = 0;
  #answer: (key: string) => Promise<void> = async () => undefined;

  constructor(readonly clock: ManualClock) {}

  /** What happens before an account's empty timeline is answered. */
  before(answer: (key: string) => Promise<void>): void {
    this.#answer = answer;
  }

  async send(request: UpstreamRequest): Promise<UpstreamResponse> {
    const key = /token=(.*)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    this.calls.push({ key, atMs: this.clock.now() });
    this.running += 1;
    this.maxRunning = Math.max(this.maxRunning, this.running);
    try {
      await this.#answer(key);
    } finally {
      this.running -= 1;
    }
    return { status: 200, headers: { date: new Date(this.clock.now()).toUTCString() }, body: empty };
  }

  async close(): Promise<void> {}
}

let worlds = 0;

/** An engine with many connections whose hosts have polled just now. */
async function newWorld(connections: number) {
  worlds += 1;
  const clock = new ManualClock();
  const store = temporaryStore(t, clock);
  const upstream = new QuietUpstream(clock);
  const apiUrl = new URL(`http://quiet-${worlds}.invalid`);
  let random = 0;
  const pagerDuty = new PagerDuty({
    apiUrl,
    eventsUrl: apiUrl,
    clock,
    random: () => 0.5,
    report: () => undefined,
    connect: () => upstream,
  });
  const registry = new ConnectionRegistry({
    clock,
    limit: { calls: 30, windowMs: 60_000 },
    createLimiter: (options) => new LocalCallLimiter(options),
    unknownKeys: new UnknownKeys({ clock }),
  });
  const lagsMs: number[] = [];
  const engine = new Engine({
    store,
    clock,
    observer: { ...silentObserver, polled: ({ lagMs }) => lagsMs.push(lagMs) },
    newCommitId: () => `m${clock.now()}${upstream.calls.length}`,
    // Evenly over the range, as a good generator's numbers are in the long run.
    random: () => {
      random = (random + 0.618033988749895) % 1;
      return random;
    },
    pollIntervalMs: intervalMs,
    retentionMs: 168 * 3_600_000,
  });
  const keys = Array.from({ length: connections }, (_, index) => `y_Quiet${index}`);
  const pollOf = (key: string) =>
    engine.poll(registry.open({ scheme: 'Token', key }, pagerDuty), { kind: 'created' }, undefined);
  for (const key of keys) await pollOf(key);
  upstream.calls.length = 0;
  return {
    clock,
    upstream,
    keys,
    /** How late each poll began. */
    lagsMs,
    /** A host of the connection polls. */
    pollOf,
    polledConnections: () => engine.polledConnections,
    slowPolls: () => engine.slowPolls,
    /** Ticks once a second; what polls wait for is up to the clock. */
    async tickFor(seconds: number) {
      for (let second = 0; second < seconds; second += 1) {
        await clock.advance(1_000);
        engine.tick();
        for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      }
    },
    callsOf: (key: string) => upstream.calls.filter((call) => call.key === key).map(({ atMs }) => atMs),
  };
}

t.test(
  'connections that came at the same moment are polled spread over the interval, each once an interval',
  async (t) => {
    const world = await newWorld(300);
    await world.tickFor(330);
    const perSecond = new Map<number, number>();
    for (const { atMs } of world.upstream.calls) perSecond.set(atMs, (perSecond.get(atMs) ?? 0) + 1);
    // 300 connections in 30 s are 10 a second; all at once would be 300.
    t.ok(Math.max(...perSecond.values()) <= 20, `at most ${Math.max(...perSecond.values())} polls in a second`);
    for (const key of world.keys) {
      const calls = world.callsOf(key);
      assert.ok(calls.length >= 9, `${key} was polled ${calls.length} times in ten intervals`);
      for (const [index, atMs] of calls.slice(1).entries()) {
        const gapMs = atMs - (calls[index] ?? 0);
        assert.ok(gapMs >= intervalMs && gapMs <= intervalMs + 1_000, `${key} was polled after ${gapMs} ms`);
      }
    }
  },
);

t.test('a connection whose polls hang, or fail, delays no other', async (t) => {
  const world = await newWorld(50);
  const [hangs = '', fails = ''] = world.keys;
  world.upstream.before(async (key) => {
    if (key === hangs) await new Promise(() => undefined);
    if (key === fails) throw new PagerDutyUnreachableError(new Error('refused'), true);
  });
  await world.tickFor(330);
  t.equal(world.callsOf(hangs).length, 1, 'one poll hangs, and no other begins');
  t.ok(world.callsOf(fails).length >= 3, 'the other is tried again');
  for (const key of world.keys.slice(2)) {
    const calls = world.callsOf(key);
    assert.ok(calls.length >= 9, `${key} was polled ${calls.length} times in ten intervals`);
  }
});

t.test('more than may run at a time are all polled as soon as others end, without another tick', async (t) => {
  const world = await newWorld(300);
  await world.upstream.clock.advance(2 * intervalMs - 1_000);
  await world.tickFor(1);
  await until(() => world.upstream.calls.length >= 300);
  t.ok(world.upstream.maxRunning <= 100, `${world.upstream.maxRunning} at a time`);
  t.equal(new Set(world.upstream.calls.map(({ key }) => key)).size, 300);
});

t.test('polls that take long hold up no other, however many', async (t) => {
  const world = await newWorld(300);
  const slow = new Set(world.keys.slice(0, 200));
  world.upstream.before(async (key) => {
    if (slow.has(key)) await new Promise(() => undefined);
  });
  await world.tickFor(330);
  t.equal(world.slowPolls(), 200);
  for (const key of world.keys.slice(200)) {
    const calls = world.callsOf(key);
    assert.ok(calls.length >= 8, `${key} was polled ${calls.length} times in ten intervals`);
  }
});

t.test('so many polls in all and no more; if not all can be polled in time, all are late alike', async (t) => {
  const world = await newWorld(1_300);
  const release: (() => void)[] = [];
  world.upstream.before(() => new Promise((resolve) => release.push(resolve)));
  await world.tickFor(70);
  t.equal(world.upstream.maxRunning, 1_000);
  t.equal(world.upstream.calls.length, 1_000, 'the others wait');
  for (let round = 0; round < 200; round += 1) {
    for (const answer of release.splice(0, 25)) answer();
    await world.tickFor(1);
  }
  const counts = world.keys.map((key) => world.callsOf(key).length);
  t.ok(
    Math.max(...counts) - Math.min(...counts) <= 2,
    `each was polled ${Math.min(...counts)} to ${Math.max(...counts)} times`,
  );
});

t.test('a poll is late by the time since it was due', async (t) => {
  const world = await newWorld(1);
  const [key = ''] = world.keys;
  await world.tickFor(130);
  t.ok(world.lagsMs.length >= 4, `${world.lagsMs.length} polls`);
  t.ok(
    world.lagsMs.every((lagMs) => lagMs >= 0 && lagMs <= 1_000),
    `on time, to the tick: ${world.lagsMs.join(', ')}`,
  );
  const [lastMs = 0] = world.callsOf(key).slice(-1);
  await world.clock.advance(lastMs + intervalMs + 7_000 - world.clock.now());
  await world.pollOf(key);
  t.equal(world.lagsMs.at(-1), 7_000, 'nothing ticked, and a host began it');
  await world.clock.advance(intervalMs + 12_000);
  await world.tickFor(1);
  t.equal(world.lagsMs.at(-1), 13_000, 'and then a late tick did');
});

t.test('a poll for a host that comes back after hours is not late: nobody waited for it', async (t) => {
  const world = await newWorld(1);
  const [key = ''] = world.keys;
  t.equal(world.polledConnections(), 1);
  await world.tickFor(960);
  t.equal(world.polledConnections(), 0);
  await world.clock.advance(7_200_000);
  const polls = world.lagsMs.length;
  await world.pollOf(key);
  t.strictSame(world.lagsMs.slice(polls), [0]);
});
