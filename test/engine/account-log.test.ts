import t from 'tap';
import { AccountLog } from '../../src/engine/account-log.js';
import type { Commit } from '../../src/engine/event-store.js';
import type { LoggedEvent } from '../../src/engine/events.js';
import type { SnapshotHeader } from '../../src/engine/snapshot.js';
import { MeasuredStore } from '../../src/stores/measured-store.js';
import { countedIds } from '../support/counted-ids.js';
import { ManualClock } from '../support/manual-clock.js';
import { temporaryStore } from '../support/simulated-world.js';

const store = temporaryStore(t);
const clock = new ManualClock();

// Two lives of a log never agree.
const newCommitId = countedIds();

function open(connectionId: string): AccountLog {
  return new AccountLog(connectionId, { store, clock, newCommitId });
}

const header = (timelineMs: number): SnapshotHeader => ({
  logStartMs: 900_000,
  timelineMs,
  source: 'timeline',
  newestMs: timelineMs,
});

/** What a reading comes to that sees nothing, and moves the frontier. */
function quiet(timelineMs: number) {
  return { events: [], snapshot: { header: header(timelineMs), known: new Map() } };
}

function events(count: number, bytes = 0): LoggedEvent[] {
  return Array.from({ length: count }, (_, index) => ({
    key: `created P${index}`,
    kind: 'created',
    subject: `P${index}`,
    occurredAtMs: 1_000_000,
    payload: JSON.stringify({ id: `P${index}`, text: 'x'.repeat(bytes) }),
  }));
}

t.test('polls that see nothing move the frontier in memory, and write now and then', async (t) => {
  const log = open('quiet');
  t.ok(await log.apply(quiet(1_000_000)));
  const first = await store.locate('quiet');
  t.ok(await log.apply(quiet(1_030_000)));
  t.strictSame(await store.locate('quiet'), first, 'nothing was written');
  t.equal(first === undefined ? 0 : log.headerOf(first).timelineMs, 1_030_000);
  await clock.advance(600_000);
  t.ok(await log.apply(quiet(1_630_000)));
  t.not((await store.locate('quiet'))?.commitId, first?.commitId);
});

for (const [name, change] of [
  ['the log begins earlier', { logStartMs: 800_000 }],
  ['another source is read', { source: 'lists' }],
  ['the account has shown', { accountHash: 'abcdef' }],
  ['a part has been read back', { backfill: { fromMs: 1, readToMs: 2 } }],
] as const) {
  t.test(`what others must know is written at once: ${name}`, async (t) => {
    const log = open(name);
    await log.apply(quiet(1_000_000));
    const before = await store.locate(name);
    await log.apply({ events: [], snapshot: { header: { ...header(1_000_000), ...change }, known: new Map() } });
    t.not((await store.locate(name))?.commitId, before?.commitId);
  });
}

t.test('what somebody else has written counts, not what this process remembers', async (t) => {
  const [one, other] = [open('shared'), open('shared')];
  await one.apply(quiet(1_000_000));
  await one.apply(quiet(5_000_000));
  const first = await store.locate('shared');
  await other.sync(first?.commitId);
  await clock.advance(600_000);
  t.ok(await other.apply(quiet(2_000_000)));
  const second = await store.locate('shared');
  t.equal(second === undefined ? 0 : one.headerOf(second).timelineMs, 2_000_000);
  await clock.advance(600_000);
  t.notOk(await one.apply(quiet(6_000_000)), 'it was overtaken');
  await one.sync(second?.commitId);
  t.equal(one.snapshot?.header.timelineMs, 2_000_000);
  t.ok(await one.apply(quiet(6_000_000)));
});

t.test('a log that is gone is forgotten', async (t) => {
  const log = open('gone');
  await log.apply(quiet(1_000_000));
  await store.trim(Number.MAX_SAFE_INTEGER);
  await log.sync((await store.locate('gone'))?.commitId);
  t.equal(log.snapshot, undefined);
});

t.test('a log begins behind what was trimmed', async (t) => {
  const log = open('trimmed');
  await log.apply({ ...quiet(1_000_000), events: events(1) });
  t.equal(log.startMs, 900_000);
  await clock.advance(1_000);
  await log.apply({ ...quiet(1_000_000), events: events(2).slice(1) });
  await store.trim(clock.now());
  await log.refresh();
  t.equal(log.startMs, 1_000_001);
});

t.test('a log says which keys it does not have', async (t) => {
  const log = open('keys');
  t.strictSame(await log.unlogged(['created P0']), new Set(['created P0']), 'there is no log');
  await log.apply({ ...quiet(1_000_000), events: events(2) });
  t.strictSame(await log.unlogged(['created P0', 'created P9']), new Set(['created P9']));
});

for (const isNew of [false, true]) {
  t.test(`more than a store can take at once is written in pieces: ${isNew ? 'a new log' : 'a log'}`, async (t) => {
    const id = `large ${isNew}`;
    const log = open(id);
    if (!isNew) await log.apply(quiet(1_000_000));
    const pieces: { events: number; frontierMs: unknown; known: number }[] = [];
    const commit = store.commit.bind(store);
    store.commit = (connectionId, piece) => {
      const { events, header, changedRecords } = piece;
      pieces.push({ events: events.length, frontierMs: JSON.parse(header).horizonMs, known: changedRecords.size });
      return commit(connectionId, piece);
    };
    t.teardown(() => {
      store.commit = commit;
    });
    const found = quiet(1_030_000);
    const known = new Map([['created P0', { atMs: 1_030_000, matchKey: '' }]]);
    t.ok(await log.apply({ snapshot: { ...found.snapshot, known }, events: events(1_700) }));
    const before = isNew ? 900_000 : 1_000_000;
    t.strictSame(
      pieces.map((piece) => [piece.events, piece.frontierMs, piece.known]),
      [
        [500, before, 0],
        [500, before, 0],
        [500, before, 0],
        [200, 1_030_000, 1],
      ],
      'the frontier moves with the last, which says what is known',
    );
    t.equal((await store.locate(id))?.head.sequence, 1_700);
    t.equal(log.snapshot?.header.timelineMs, 1_030_000);
  });
}

t.test('large events are written in smaller pieces', async (t) => {
  const log = open('heavy');
  const sizes: number[] = [];
  const commit = store.commit.bind(store);
  store.commit = (connectionId, piece) => {
    sizes.push(piece.events.length);
    return commit(connectionId, piece);
  };
  t.teardown(() => {
    store.commit = commit;
  });
  t.ok(await log.apply({ ...quiet(1_030_000), events: events(5, 400_000) }));
  t.strictSame(sizes, [2, 2, 1]);
});

t.test('a commit is bounded in bytes, as Redis gets them, and in events; one event may be larger alone', async (t) => {
  const commits: { readonly events: number; readonly bytes: number }[] = [];
  class WatchedStore extends MeasuredStore {
    override commit(connectionId: string, commit: Commit) {
      const bytes = commit.events.reduce((sum, { payload }) => sum + Buffer.byteLength(payload), 0);
      commits.push({ events: commit.events.length, bytes });
      return super.commit(connectionId, commit);
    }
  }
  const meterOf = () => ({ took: () => undefined, failed: () => undefined });
  const watched = new WatchedStore(store, { clock, meterOf });
  const log = new AccountLog('bytes', { store: watched, clock, newCommitId });
  const sized = events(1_200).map((event, index) => {
    if (index < 60) return { ...event, payload: JSON.stringify('é'.repeat(50_000)) };
    return index === 60 ? { ...event, payload: JSON.stringify('x'.repeat(1_500_000)) } : event;
  });
  t.ok(await log.apply({ ...quiet(1_000_000), events: sized }));
  t.equal(
    commits.reduce((sum, { events }) => sum + events, 0),
    1_200,
  );
  for (const { events, bytes } of commits) t.ok(events === 1 || (events <= 500 && bytes <= 1_000_000), `${bytes}`);
  t.ok(
    commits.some(({ bytes }) => bytes > 1_000_000),
    'the huge one is there',
  );
});

t.test('other work has its turn between the commits of a large reading', async (t) => {
  let turns = 0;
  let isDone = false;
  const count = () => {
    turns += 1;
    if (!isDone) setImmediate(count);
  };
  setImmediate(count);
  t.ok(await open('turns').apply({ ...quiet(1_000_000), events: events(2_000) }));
  isDone = true;
  t.ok(turns >= 3, `${turns}`);
});
