import assert from 'node:assert/strict';
import fc from 'fast-check';
import Database from 'libsql';
import t, { type Test } from 'tap';
import type { Clock } from '../../src/clock/clock.js';
import type { CallLimit } from '../../src/limiter/call-limiter.js';
import { JournaledCallLimiter } from '../../src/stores/journaled-call-limiter.js';
import { prepareJournal, SqliteCallJournal } from '../../src/stores/sqlite-call-journal.js';
import { SqliteStore } from '../../src/stores/sqlite-store.js';
import { ManualClock } from '../support/manual-clock.js';

const perMinute: CallLimit = { calls: 30, windowMs: 60_000 };

/** A machine whose monotonic clock begins anew when it does; the rest is moved by hand. */
class Machine extends ManualClock {
  #beganAtMs = 0;

  startAnew(): void {
    this.#beganAtMs = super.monotonic() - 1_000;
  }

  override monotonic(): number {
    return super.monotonic() - this.#beganAtMs;
  }

  /** Time as it truly is. */
  truly(): number {
    return super.monotonic();
  }
}

/** Processes one after the other on one database. */
function begin(database: Database.Database, clock: Clock, limit = perMinute) {
  const statements = prepareJournal(database);
  const journal = new SqliteCallJournal((work) => work(statements, database), { limit, clock });
  const open = (connectionId = 'one') => new JournaledCallLimiter(journal.of(connectionId), { limit, clock });
  const rows = () => database.prepare('SELECT * FROM granted_calls').all().length;
  const changes = () => Number(Object.values(Object(database.prepare('SELECT total_changes()').get()))[0]);
  return { open, rows, changes };
}

/** A database in memory, which outlives the processes of the test. */
function memory(t: Test): Database.Database {
  const database = new Database(':memory:');
  t.teardown(() => database.close());
  return database;
}

/** How many of so many calls at once are granted. */
async function grants(limiter: JournaledCallLimiter, calls = 40): Promise<number> {
  const decisions = await Promise.all(Array.from({ length: calls }, () => limiter.take()));
  return decisions.filter(({ granted }) => granted).length;
}

t.test('30 calls are three writes, and refused ones are none', async (t) => {
  const { changes, open, rows } = begin(memory(t), new ManualClock());
  const limiter = open();
  const before = changes();
  t.equal(rows(), 0, 'a connection without a call is not written down');
  t.equal(await grants(limiter, 10), 10);
  t.equal(changes() - before, 1);
  t.equal(await grants(limiter, 200), 20);
  t.equal(changes() - before, 3);
  t.equal(rows(), 1);
});

t.test('after a crash the calls of a block count until a window after the next process began', async (t) => {
  const database = memory(t);
  const clock = new ManualClock();
  t.equal(await grants(begin(database, clock).open(), 11), 11);
  await clock.advance(5_000);
  const next = begin(database, clock);
  t.strictSame(next.open().status(), { limit: 30, remaining: 10, resetMs: 55_000 }, '10 and 10, of which it made one');
  await clock.advance(30_000);
  const third = begin(database, clock).open();
  t.strictSame(third.status(), { limit: 30, remaining: 10, resetMs: 25_000 }, 'a crash loop makes it no worse');
  await clock.advance(25_000);
  t.strictSame(third.status(), { limit: 30, remaining: 20, resetMs: 5_000 });
  await clock.advance(5_000);
  t.equal(await grants(third), 30);
});

t.test('after a clean end it goes on as if nothing had been', async (t) => {
  const database = memory(t);
  const clock = new ManualClock();
  const limiter = begin(database, clock).open();
  for (let call = 0; call < 12; call += 1) {
    await limiter.take();
    await clock.advance(1_000);
  }
  const before = limiter.status();
  t.strictSame(before, { limit: 30, remaining: 18, resetMs: 48_000 });
  await limiter.close();
  const next = begin(database, clock);
  t.strictSame(next.open().status(), before);
  await clock.advance(60_000);
  const idle = next.open();
  t.equal(idle.status().remaining, 30);
  await idle.close();
  t.equal(next.rows(), 0, 'nothing is left of a connection whose window is over');
});

t.test('a connection that is forgotten and comes back in the same process has its calls', async (t) => {
  const { open } = begin(memory(t), new ManualClock());
  const limiter = open();
  t.equal(await grants(limiter), 30);
  await limiter.close();
  t.equal(await grants(open()), 0);
  t.equal(await grants(open('another')), 30);
});

t.test('a short window is written down every ten seconds, however many calls it has', async (t) => {
  const database = memory(t);
  const clock = new ManualClock();
  const limit = { calls: 30, windowMs: 1_000 };
  const { changes, open } = begin(database, clock, limit);
  const limiter = open();
  const before = changes();
  for (let second = 0; second < 20; second += 1) {
    t.equal(await grants(limiter), 30);
    await clock.advance(1_000);
  }
  t.equal(changes() - before, 2);
  t.strictSame(begin(database, clock, limit).open().status(), { limit: 30, remaining: 0, resetMs: 1_000 });
});

t.test('rows go when their window is over', async (t) => {
  const database = memory(t);
  const clock = new ManualClock();
  const { open, rows } = begin(database, clock);
  for (let key = 0; key < 50; key += 1) await open(`guessed ${key}`).take();
  t.equal(rows(), 50);
  const caller = open('caller');
  // An open block is good for a window, and its calls count for another.
  await clock.advance(120_000);
  await caller.take();
  t.equal(rows(), 1);
  await clock.advance(120_000);
  t.equal(begin(database, clock).rows(), 0, 'or when the next process begins');
});

t.test('with a slow caller, too, a call after the end of its block is written down', async (t) => {
  const database = memory(t);
  const clock = new ManualClock();
  const limiter = begin(database, clock).open();
  for (let call = 0; call < 5; call += 1) {
    await limiter.take();
    await clock.advance(50_000);
  }
  t.ok(begin(database, clock).open().status().remaining <= 29, 'the call of 50 seconds ago counts');
});

t.test('if no clock tells how long ago it was, it was now', async (t) => {
  const database = memory(t);
  const clock = new Machine();
  t.equal(await grants(begin(database, clock).open()), 30);
  await clock.advance(20_000);
  clock.step(-3_600_000);
  t.equal(begin(database, clock).open().status().resetMs, 40_000, 'the machine has been on: that clock is good');
  clock.startAnew();
  clock.step(-3_600_000);
  t.equal(begin(database, clock).open().status().resetMs, 40_000, 'nothing more has passed, as far as one can tell');
});

t.test('a limit that was lowered holds for the calls that were made before', async (t) => {
  const database = memory(t);
  const clock = new ManualClock();
  const limiter = begin(database, clock).open();
  await grants(limiter, 12);
  await clock.advance(10_000);
  await grants(limiter, 3);
  await limiter.close();
  const lowered = begin(database, clock, { calls: 3, windowMs: 60_000 }).open();
  t.strictSame(lowered.status(), { limit: 3, remaining: 0, resetMs: 60_000 }, 'the first of the later three has to go');
  await clock.advance(50_000);
  t.strictSame(lowered.status(), { limit: 3, remaining: 0, resetMs: 10_000 });
});

t.test('calls go on if the disk is full, and what is spoilt is left out', async (t) => {
  const database = memory(t);
  const clock = new ManualClock();
  const { open } = begin(database, clock);
  await open().take();
  for (const [id, blocks] of [
    ['no JSON', '[[1,'],
    ['another shape', '[[0,5]]'],
    ['a calls too many', '[[1000000000,5]]'],
  ]) {
    database.prepare('INSERT INTO granted_calls VALUES (?, ?, ?, ?)').run(id, clock.now(), clock.monotonic(), blocks);
  }
  const next = begin(database, clock);
  t.equal(next.rows(), 2);
  t.equal(next.open('a calls too many').status().remaining, 0);
  // Every write fails now, as with a full disk.
  database.exec('PRAGMA query_only = ON');
  t.equal(await grants(next.open('other')), 30);
});

t.test('the store has the journal in its own file', async (t) => {
  const folder = t.testdir();
  const clock = new ManualClock();
  const options = { limit: perMinute, clock };
  for (const granted of [30, 0]) {
    const store = new SqliteStore(folder, { clock, onSpoilt: () => undefined });
    const limiter = new JournaledCallLimiter(store.openCallJournal(options).of('one'), options);
    t.equal(await grants(limiter), granted);
    await store.close();
  }
});

type Step = { readonly do: 'calls' | 'pause' | 'kill' | 'end' | 'set' | 'startAnew'; readonly by: number };

const step = (name: Step['do'], min: number, max: number) =>
  fc.record({ do: fc.constant(name), by: fc.integer({ min, max }) });
const windows = fc.oneof(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 5_000, max: 20_000 }));
const limits = fc.record({ calls: fc.integer({ min: 1, max: 12 }), windowMs: windows });

for (const [title, ...clocks] of [
  ['however the wall clock is set', step('set', -50_000, 50_000)],
  ['over new starts of the machine', step('startAnew', 0, 0)],
] as const) {
  t.test(`over crashes and clean ends, ${title}: no window sees a call too many, and no wait exceeds one`, async () => {
    const kinds = [step('calls', 1, 15), step('pause', 0, 25_000), step('kill', 0, 0), step('end', 0, 0), ...clocks];
    const histories = fc.array(fc.oneof(...kinds), { minLength: 1, maxLength: 40 });
    const property = fc.asyncProperty(limits, histories, async (limit, history) => {
      const database = new Database(':memory:');
      const clock = new Machine();
      let limiter = begin(database, clock, limit).open();
      const grantedAtMs: number[] = [];
      for (const { do: action, by } of history) {
        if (action === 'pause') await clock.advance(by);
        if (action === 'set') clock.step(by);
        if (action === 'calls') {
          const granted = await grants(limiter, by);
          for (let call = 0; call < granted; call += 1) grantedAtMs.push(clock.truly());
        }
        if (action === 'end') await limiter.close();
        if (action === 'startAnew') clock.startAnew();
        if (action === 'end' || action === 'kill' || action === 'startAnew') {
          limiter = begin(database, clock, limit).open();
        }
      }
      for (const endMs of grantedAtMs) {
        const within = grantedAtMs.filter((ms) => ms > endMs - limit.windowMs && ms <= endMs).length;
        assert.ok(within <= limit.calls, `${within} calls in a window`);
      }
      await clock.advance(limit.windowMs);
      assert.equal(await grants(limiter, limit.calls), limit.calls);
      database.close();
    });
    await fc.assert(property, { numRuns: 150 });
  });
}
