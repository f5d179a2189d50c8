import t, { type Test } from 'tap';
import { PolledAccount } from '../../src/engine/polled-account.js';
import { AnsweringUpstream, connectionsTo } from '../support/answering-upstream.js';
import { countedIds } from '../support/counted-ids.js';
import { ManualClock } from '../support/manual-clock.js';
import { silentObserver } from '../support/silent-observer.js';
import { temporaryStore } from '../support/simulated-world.js';

const retentionMs = 168 * 3_600_000;

/** An account without any record, and what polls it. */
function build(t: Test) {
  const clock = new ManualClock();
  const page = { log_entries: [], more: false, offset: 0, limit: 100 };
  const upstream = new AnsweringUpstream(
    () => page,
    () => clock.now(),
  );
  const store = temporaryStore(t, clock);
  const account = new PolledAccount('account', {
    store,
    clock,
    observer: silentObserver,
    newCommitId: countedIds(),
    random: () => 0,
    pollIntervalMs: 30_000,
    retentionMs,
  });
  return { account, clock, connection: connectionsTo(upstream, clock)('key'), store, upstream };
}

t.test('whatever time a cursor asks for, a log begins within the retention, and not in the future', async (t) => {
  for (const [sinceMs, expectedMs] of [
    [0, -retentionMs],
    [8.64e15, 0],
  ] as const) {
    const { account, clock, connection } = build(t);
    account.requestBackfill(sinceMs);
    await account.pollWhenDue(connection);
    t.equal(account.log.snapshot?.header.logStartMs, clock.now() + expectedMs);
  }
});

t.test(
  'hosts that register at once share what is read for them, and nobody gets what was read before it came',
  async (t) => {
    const { account, clock, connection, upstream } = build(t);
    await account.pollWhenDue(connection);
    t.equal(account.baseline.isNeeded, false);
    t.equal(await account.baseline.read(connection), undefined);
    await clock.advance(30_001);
    t.equal(account.baseline.isNeeded, true);
    upstream.calls.length = 0;
    await Promise.all([1, 2, 3, 4].map(() => account.baseline.read(connection)));
    t.equal(upstream.calls.length, 1, 'one for all');
    upstream.calls.length = 0;
    const first = account.baseline.read(connection);
    await new Promise((resolve) => setImmediate(resolve));
    t.equal(upstream.calls.length > 0, true, 'the first is being read');
    await Promise.all([first, account.baseline.read(connection), account.baseline.read(connection)]);
    t.equal(upstream.calls.length, 2, 'and another one for those that came later');
  },
);

t.test('who registers when a log has become older does not go by what was read into it', async (t) => {
  const { account, clock, connection, store, upstream } = build(t);
  await account.pollWhenDue(connection);
  await store.trim(clock.now() + 1);
  upstream.calls.length = 0;
  t.match(await account.baseline.read(connection), { events: [] });
  t.equal(upstream.calls.length, 1);
  await clock.advance(30_000);
  await account.pollWhenDue(connection);
  t.equal(await account.baseline.read(connection), undefined, 'what was read since is in the log');
});

t.test('who registers while the log is lost is shown what is there nevertheless', async (t) => {
  const { account, clock, connection, store } = build(t);
  await account.pollWhenDue(connection);
  await clock.advance(30_001);
  await store.trim(clock.now());
  await account.log.sync(undefined);
  t.equal(account.log.snapshot, undefined);
  t.match(await account.baseline.read(connection), { events: [] });
});

t.test('a reading for registrations that fails fails for those that share it, and for nobody else', async (t) => {
  const { account, clock, connection, upstream } = build(t);
  await account.pollWhenDue(connection);
  await clock.advance(30_001);
  const { answer } = upstream;
  upstream.answer = () => 429;
  const both = await Promise.allSettled([account.baseline.read(connection), account.baseline.read(connection)]);
  t.strictSame(
    both.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  upstream.answer = answer;
  await clock.advance(60_000);
  t.match(await account.baseline.read(connection), { events: [] });
});
