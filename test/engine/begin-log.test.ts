import t, { type Test } from 'tap';
import { AccountLog } from '../../src/engine/account-log.js';
import { beginLog, readBaseline } from '../../src/engine/begin-log.js';
import { timestamp } from '../../src/engine/events.js';
import { OvertakenError } from '../../src/engine/intake.js';
import { PollContext } from '../../src/engine/poll-context.js';
import { requestBackfill } from '../../src/engine/poll-state.js';
import { AnsweringUpstream, connectionsTo } from '../support/answering-upstream.js';
import { countedIds } from '../support/counted-ids.js';
import { ManualClock } from '../support/manual-clock.js';
import { silentObserver } from '../support/silent-observer.js';
import { temporaryStore } from '../support/simulated-world.js';

const intervalMs = 30_000;
const hourMs = 3_600_000;

interface Entry {
  readonly id: string;
  readonly atMs: number;
}

/** A process that has not polled yet, and an account with these creations, newest last. */
function build(t: Test, entriesAt: (nowMs: number) => readonly Entry[]) {
  const clock = new ManualClock();
  const nowMs = clock.now();
  const store = temporaryStore(t, clock);
  const entries = entriesAt(nowMs).toReversed();
  const upstream = new AnsweringUpstream(
    (_, { pathname, searchParams }) => {
      const [since, until] = ['since', 'until'].map((name) => Date.parse(searchParams.get(name) ?? ''));
      const all = entries.filter(({ atMs }) => !(atMs < (since ?? 0)) && !(atMs > (until ?? 0)));
      const offset = Number(searchParams.get('offset'));
      const limit = Number(searchParams.get('limit'));
      const page = { more: offset + limit < all.length, offset, limit };
      const incidents = all.slice(offset, offset + limit).map(({ id, atMs }) => ({
        id,
        type: 'incident',
        status: 'triggered',
        created_at: timestamp(atMs),
        html_url: `https://acme.pagerduty.com/incidents/${id}`,
      }));
      if (pathname === '/incidents') return { ...page, incidents };
      const log_entries = incidents.map((incident) => ({
        id: `R${incident.id}`,
        type: 'trigger_log_entry',
        created_at: incident.created_at,
        incident,
      }));
      return { ...page, log_entries };
    },
    () => clock.now(),
  );
  const options = {
    store,
    clock,
    observer: silentObserver,
    newCommitId: countedIds(),
    random: () => 0,
    pollIntervalMs: intervalMs,
    retentionMs: 168 * hourMs,
  };
  const contextOf = () => new PollContext(new AccountLog('account', options), options, async () => undefined);
  return {
    clock,
    connection: connectionsTo(upstream, clock)('key'),
    context: contextOf(),
    contextOf,
    nowMs,
    store,
    upstream,
  };
}

for (const source of ['timeline', 'lists'] as const) {
  t.test(
    `a log begins an interval before the newest that is there, and has it before any host registers: ${source}`,
    async (t) => {
      const { connection, context, nowMs, store } = build(t, (now) => [
        { id: 'P1', atMs: now - hourMs },
        { id: 'P2', atMs: now - 20 * 60_000 - intervalMs },
        { id: 'P3', atMs: now - 20 * 60_000 },
      ]);
      t.equal(await beginLog(context, connection, source), false, 'there is nothing to read yet');
      const newestMs = nowMs - 20 * 60_000;
      const startMs = newestMs - intervalMs;
      t.match(context.header, { source, logStartMs: startMs, newestMs, accountHash: /^[\w-]{6}$/ });
      const { timelineMs, listsMs } = context.header;
      t.strictSame([timelineMs, listsMs], source === 'timeline' ? [startMs, undefined] : [undefined, startMs]);
      const known = context.log.snapshot?.known ?? new Map();
      t.strictSame([...known.keys()].sort(), ['created P2', 'created P3']);
      t.equal((await store.locate('account'))?.head.sequence, 2);
      t.equal(context.presentReadAtMs, context.monotonicMs);
    },
  );

  t.test(`a record that is dated ahead begins no log in the future: ${source}`, async (t) => {
    const { connection, context, nowMs } = build(t, (now) => [{ id: 'P1', atMs: now + hourMs }]);
    await beginLog(context, connection, source);
    t.match(context.header, { newestMs: nowMs, logStartMs: nowMs - intervalMs });
  });

  t.test(`without any record a log begins an hour before what clocks say: ${source}`, async (t) => {
    const { connection, context, nowMs } = build(t, () => []);
    await beginLog(context, connection, source);
    t.match(context.header, { newestMs: nowMs - hourMs, logStartMs: nowMs - hourMs });
  });
}

t.test('a log begins when a host needs it from, and what is there is to be read', async (t) => {
  const { connection, context, nowMs, upstream } = build(t, (now) => [{ id: 'P1', atMs: now - 1_000 }]);
  context.state = requestBackfill(context.state, nowMs - hourMs);
  t.equal(await beginLog(context, connection, 'timeline'), true);
  t.match(context.header, { logStartMs: nowMs - hourMs, timelineMs: nowMs - hourMs, newestMs: nowMs - hourMs });
  t.equal(context.log.snapshot?.known.size, 0);
  t.equal(context.state.backfillRequestMs, Number.POSITIVE_INFINITY);
  t.equal(context.presentReadAtMs, Number.NEGATIVE_INFINITY, 'the present was not read');
  t.strictSame(upstream.calls, []);
});

t.test(
  'a first page that comes empty, with more behind it, does not stand for an account without records',
  async (t) => {
    const { connection, context, nowMs, upstream } = build(t, (now) => [{ id: 'P1', atMs: now - 1_000 }]);
    const { answer } = upstream;
    upstream.answer = () => {
      upstream.answer = answer;
      return { log_entries: [], more: true, offset: 0, limit: 100 };
    };
    const { startMs, newestMs, events } = await readBaseline(context, connection, 'timeline');
    t.strictSame([startMs, newestMs], [nowMs - 1_000 - intervalMs, nowMs - 1_000]);
    t.equal(events.length, 1);
  },
);

t.test('the first page is enough if it reaches so far back', async (t) => {
  const { connection, context, upstream } = build(t, (now) =>
    Array.from({ length: 300 }, (_, index) => ({ id: `P${index}`, atMs: now - (300 - index) * 1_000 })),
  );
  const { startMs, events } = await readBaseline(context, connection, 'timeline');
  t.equal(events.filter(({ atMs }) => atMs >= startMs).length, 31);
  t.equal(upstream.calls.length, 1);
});

t.test('a log begins later if there is more in an interval than a slice takes', async (t) => {
  const { connection, context, nowMs } = build(t, (now) =>
    Array.from({ length: 1_200 }, (_, index) => ({
      id: `P${index}`,
      atMs: now - 29_000 + Math.floor(index / 40) * 1_000,
    })),
  );
  const { startMs, events } = await readBaseline(context, connection, 'timeline');
  t.ok(startMs > nowMs - intervalMs);
  t.equal(startMs % 1_000, 0);
  const expected = 40 * (1 + (nowMs - startMs) / 1_000);
  t.equal(events.filter(({ atMs }) => atMs >= startMs).length, expected, 'and from there it has all');
});

t.test('a log begins behind a second in which more happened than one commit takes', async (t) => {
  const { connection, context, nowMs } = build(t, (now) =>
    Array.from({ length: 700 }, (_, index) => ({ id: `P${index}`, atMs: now })),
  );
  t.match(await readBaseline(context, connection, 'timeline'), { startMs: nowMs + 1_000, events: [] });
});

t.test('the start of a log that would have too much is told by records, not by a clock that is behind', async (t) => {
  const { clock, connection, context, nowMs } = build(t, (now) =>
    Array.from({ length: 800 }, (_, index) => ({ id: `P${index}`, atMs: now - (800 - index) * 1_000 })),
  );
  clock.step(-hourMs);
  const { startMs, events } = await readBaseline(context, connection, 'timeline');
  t.ok(startMs > nowMs - 502_000, 'not in what is older than what it has');
  t.equal(events.length, (nowMs - startMs) / 1_000);
});

t.test('the present of a poll that takes long is that of its last answer', async (t) => {
  const { clock, connection, context, nowMs, upstream } = build(t, (now) => [{ id: 'P1', atMs: now - hourMs }]);
  await readBaseline(context, connection, 'timeline');
  await clock.advance(10 * 60_000);
  await readBaseline(context, connection, 'timeline');
  t.equal(context.presentMs, nowMs + 10 * 60_000);
  t.equal(upstream.calls.length, 2);
});

t.test('a log that somebody else has begun meanwhile is theirs', async (t) => {
  const { connection, context, contextOf } = build(t, (now) => [{ id: 'P1', atMs: now - 1_000 }]);
  await beginLog(contextOf(), connection, 'timeline');
  const error: unknown = await beginLog(context, connection, 'timeline').catch((error: unknown) => error);
  t.type(error, OvertakenError);
});
