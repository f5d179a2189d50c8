import t from 'tap';
import { AccountLog } from '../../src/engine/account-log.js';
import { diff } from '../../src/engine/diff.js';
import { ManualClock } from '../support/manual-clock.js';
import { temporaryStore } from '../support/simulated-world.js';

const store = temporaryStore(t);
const clock = new ManualClock();
let commits = 0;

function open(connectionId: string): AccountLog {
  const newCommitId = () => {
    commits += 1;
    return `m${commits}`;
  };
  return new AccountLog(connectionId, { store, clock, newCommitId });
}

/** What a poll comes to that sees nothing. */
function quiet(log: AccountLog, serverTimeMs: number) {
  return diff(log.snapshot, { source: 'timeline', events: [], notes: [], serverTimeMs });
}

t.test('polls that see nothing move the watermark in memory, and write now and then', async (t) => {
  const log = open('quiet');
  t.equal(await log.apply(quiet(log, 1_000_000)), 'committed');
  const first = await store.locate('quiet');
  t.equal(await log.apply(quiet(log, 1_030_000)), 'committed');
  t.strictSame(await store.locate('quiet'), first, 'nothing was written');
  t.equal(first === undefined ? 0 : log.headerOf(first).watermarkMs, 910_000);
  await clock.advance(600_000);
  t.equal(await log.apply(quiet(log, 1_630_000)), 'committed');
  t.not((await store.locate('quiet'))?.commitId, first?.commitId);
});

t.test('what somebody else has written counts, not what this process remembers', async (t) => {
  const [one, other] = [open('shared'), open('shared')];
  await one.apply(quiet(one, 1_000_000));
  await one.apply(quiet(one, 5_000_000));
  const first = await store.locate('shared');
  await other.sync(first?.commitId);
  await clock.advance(600_000);
  t.equal(await other.apply(quiet(other, 2_000_000)), 'committed');
  const second = await store.locate('shared');
  t.equal(second === undefined ? 0 : one.headerOf(second).watermarkMs, 1_880_000);
  await clock.advance(600_000);
  t.equal(await one.apply(quiet(one, 6_000_000)), 'overtaken');
  await one.sync(second?.commitId);
  t.equal(one.snapshot?.header.watermarkMs, 1_880_000);
  t.equal(await one.apply(quiet(one, 6_000_000)), 'committed');
});

t.test('a log that is gone is forgotten', async (t) => {
  const log = open('gone');
  await log.apply(quiet(log, 1_000_000));
  await store.trim(Number.MAX_SAFE_INTEGER);
  await log.sync((await store.locate('gone'))?.commitId);
  t.equal(log.snapshot, undefined);
});

t.test('more than a store can take at once is written in pieces, and read as a whole', async (t) => {
  const log = open('large');
  await log.apply(quiet(log, 1_000_000));
  const sizes: number[] = [];
  const commit = store.commit.bind(store);
  store.commit = (connectionId, piece) => {
    sizes.push(piece.events.length);
    return commit(connectionId, piece);
  };
  t.teardown(() => {
    store.commit = commit;
  });
  const events = Array.from({ length: 1_700 }, (_, index) => ({
    key: `created P${index}`,
    matchKey: `created P${index} 1000`,
    kind: 'created' as const,
    subject: `P${index}`,
    incidentId: `P${index}`,
    atMs: 1_000_000,
    payload: { id: `P${index}` },
  }));
  const seen = { source: 'timeline' as const, events, notes: [], serverTimeMs: 1_030_000 };
  t.equal(await log.apply(diff(log.snapshot, seen)), 'committed');
  t.strictSame(sizes, [500, 500, 500, 200]);
  t.equal((await store.locate('large'))?.head.sequence, 1_700);
  t.equal(log.snapshot?.header.watermarkMs, 910_000);
  t.equal((await store.load('large'))?.records.size, 1_700);
});
