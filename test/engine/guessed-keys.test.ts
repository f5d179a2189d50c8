import t from 'tap';
import { ConnectionRegistry } from '../../src/connection/connection-registry.js';
import { UnknownKeys } from '../../src/connection/unknown-keys.js';
import { Engine } from '../../src/engine/engine.js';
import { LocalCallLimiter } from '../../src/limiter/local-call-limiter.js';
import { PagerDuty } from '../../src/pagerduty/pagerduty.js';
import { AccountsUpstream } from '../support/accounts-upstream.js';
import { ManualClock } from '../support/manual-clock.js';
import { silentObserver } from '../support/silent-observer.js';
import { temporaryStore } from '../support/simulated-world.js';

const intervalMs = 30_000;
/** A key that is refused again and again is tried this seldom, also by the next process. */
const maxBackOffMs = 300_000;
let worlds = 0;

/** A service's engine and connections over one store; `restart` makes new ones. */
function build(t: { teardown(close: () => unknown): void }) {
  worlds += 1;
  const clock = new ManualClock();
  const store = temporaryStore(t, clock);
  const upstream = new AccountsUpstream(() => clock.now());
  const apiUrl = new URL(`https://guessed-${worlds}.invalid`);
  const connect = () => upstream;
  const pagerDuty = new PagerDuty({
    apiUrl,
    eventsUrl: apiUrl,
    clock,
    random: () => 0,
    report: () => undefined,
    connect,
  });
  const leases: string[] = [];
  const recordingStore = {
    load: store.load.bind(store),
    commit: store.commit.bind(store),
    read: store.read.bind(store),
    locate: store.locate.bind(store),
    unlogged: store.unlogged.bind(store),
    acquireLease: (connectionId: string, forMs: number) => {
      leases.push(connectionId);
      return store.acquireLease(connectionId, forMs);
    },
    extendLease: store.extendLease.bind(store),
    isAccepted: store.isAccepted.bind(store),
    rememberAccepted: store.rememberAccepted.bind(store),
    trim: store.trim.bind(store),
    erase: store.erase.bind(store),
    check: store.check.bind(store),
    close: store.close.bind(store),
  };
  const commitIds = { made: 0 };
  const restart = () => {
    const registry = new ConnectionRegistry({
      clock,
      limit: { calls: 30, windowMs: 60_000 },
      createLimiter: (options) => new LocalCallLimiter(options),
      unknownKeys: new UnknownKeys({ clock, memory: store, keepMs: 168 * 3_600_000 }),
    });
    const engine = new Engine({
      store: recordingStore,
      clock,
      observer: silentObserver,
      newCommitId: () => {
        commitIds.made += 1;
        return `w${worlds}m${commitIds.made}`;
      },
      random: () => 0,
      pollIntervalMs: intervalMs,
      retentionMs: 168 * 3_600_000,
      maxAccounts: 3,
    });
    t.teardown(() => registry.close());
    const open = (key: string) => registry.open({ scheme: 'Token', key }, pagerDuty);
    return {
      engine,
      open,
      poll: (key: string, state?: string) => engine.poll(open(key), { kind: 'created' }, state),
      /** Uses up what calls with unknown keys may cost. */
      async exhaust() {
        const keys = Array.from({ length: 1_000 }, (_, index) => `guess-${index}`);
        await Promise.all(
          keys.map((key) =>
            open(key)
              .directory.user('P1')
              .catch(() => undefined),
          ),
        );
        upstream.calls.length = 0;
      },
    };
  };
  return { clock, upstream, store, leases, restart };
}

const unauthorized = { code: /^pagerduty_unauthorized$/, statusCode: 401 };

t.test('a guessed key gets no log, no place among the accounts, and no polls in the background', async (t) => {
  const { clock, upstream, store, restart } = build(t);
  const { engine, open, poll } = restart();
  await poll('good-one');
  for (let guesses = 0; guesses < 20; guesses += 1) {
    await t.rejects(poll(`wrong-${guesses}`), unauthorized);
    t.equal(await store.locate(open(`wrong-${guesses}`).id), undefined);
  }
  t.equal(upstream.calls.filter((key) => key !== 'good-one').length, 20);
  upstream.calls.length = 0;
  for (let ticks = 0; ticks < 10; ticks += 1) {
    await clock.advance(intervalMs);
    engine.tick();
  }
  await engine.close();
  t.ok(upstream.calls.length >= 9);
  t.strictSame([...new Set(upstream.calls)], ['good-one'], 'which was not pushed out either');
});

t.test('a refusal of a moment ago is repeated without a call to PagerDuty or the store', async (t) => {
  const { clock, upstream, leases, restart } = build(t);
  const { poll } = restart();
  for (let polls = 0; polls < 5; polls += 1) await t.rejects(poll('wrong'), unauthorized);
  t.equal(upstream.calls.length, 1);
  t.equal(leases.length, 1);
  await clock.advance(intervalMs);
  await t.rejects(poll('wrong'), unauthorized);
  t.equal(upstream.calls.length, 2);
});

t.test('if too many guess, a new key is not let in, and one that has a log is', async (t) => {
  const { clock, upstream, leases, restart } = build(t);
  const { state } = await restart().poll('good-one');
  const { exhaust, poll } = restart();
  await exhaust();
  leases.length = 0;
  await t.rejects(poll('good-new'), { code: /^too_many_unknown_keys$/, statusCode: 503, retryAfterMs: 10_000 });
  t.strictSame([leases, upstream.calls], [[], []]);
  await clock.advance(1);
  t.equal((await poll('good-one', state)).state, state);
  await clock.advance(intervalMs);
  t.equal((await poll('good-one', state)).state, state);
  t.strictSame(upstream.calls, ['good-one']);
});

t.test('a key that is revoked keeps its log, also after a restart, and goes on if it is accepted again', async (t) => {
  const { clock, upstream, store, restart } = build(t);
  const first = restart();
  const { state } = await first.poll('good-revoked');
  const { id } = first.open('good-revoked');
  const answers = upstream.send.bind(upstream);
  upstream.send = async (request) => ({ ...(await answers(request)), status: 401 });
  for (const { poll } of [first, restart()]) {
    for (let polls = 0; polls < 3; polls += 1) {
      await clock.advance(maxBackOffMs);
      await t.rejects(poll('good-revoked', state), unauthorized);
    }
  }
  t.ok(await store.locate(id));
  upstream.send = answers;
  await clock.advance(maxBackOffMs);
  t.equal((await restart().poll('good-revoked', state)).state, state);
});
