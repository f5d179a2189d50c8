import assert from 'node:assert/strict';
import { join } from 'node:path';
import fc from 'fast-check';
import Database from 'libsql';
import t, { type Test } from 'tap';
import { migrations } from '../../src/stores/migrations.js';
import { prepareLeaseStatements, SqliteLeases } from '../../src/stores/sqlite-leases.js';
import { SqliteStore } from '../../src/stores/sqlite-store.js';
import { ManualClock } from '../support/manual-clock.js';

const connection = 'f1a9b3c5d7e90123';
const hourMs = 3_600_000;
const onSpoilt = () => undefined;

/** The clocks of a machine that can start anew: the monotonic one then begins again. */
class MachineClock {
  readonly inner = new ManualClock(Date.parse('2026-01-05T09:00:00Z'));
  #bootedAtMs = this.inner.monotonic() - 5_000_000;
  now = () => this.inner.now();
  monotonic = () => this.inner.monotonic() - this.#bootedAtMs;
  reboot(): void {
    this.#bootedAtMs = this.inner.monotonic();
  }
}

/** A store whose process can die and start again. */
function startIn(t: Test) {
  const folder = t.testdir();
  const clock = new MachineClock();
  let store = new SqliteStore(folder, { clock, onSpoilt });
  t.teardown(() => store.close());
  return {
    clock,
    advance: (ms: number) => clock.inner.advance(ms),
    async restart() {
      await store.close();
      store = new SqliteStore(folder, { clock, onSpoilt });
    },
    acquire: () => store.acquireLease(connection, 30_000),
    extend: (forMs: number) => store.extendLease(connection, forMs),
  };
}

t.test('a lease outlives the process that had it', async (t) => {
  const { acquire, advance, restart } = startIn(t);
  t.match(await acquire(), { granted: true, nextInMs: 30_000, commitId: undefined });
  for (let start = 0; start < 5; start += 1) {
    await advance(5_000);
    await restart();
    t.match(await acquire(), { granted: false, nextInMs: 25_000 - 5_000 * start });
  }
  await advance(5_000);
  t.match(await acquire(), { granted: true, nextInMs: 30_000 });
});

t.test('so does a longer wait', async (t) => {
  const { acquire, advance, extend, restart } = startIn(t);
  await acquire();
  await extend(300_000);
  await extend(60_000);
  await advance(100_000);
  await restart();
  t.match(await acquire(), { granted: false, nextInMs: 200_000 });
});

t.test('within a process the wall clock does not count', async (t) => {
  for (const stepMs of [-hourMs, hourMs]) {
    const { acquire, advance, clock } = startIn(t);
    await acquire();
    await advance(10_000);
    clock.inner.step(stepMs);
    t.match(await acquire(), { granted: false, nextInMs: 20_000 });
    await advance(20_000);
    t.match(await acquire(), { granted: true });
  }
});

t.test('a wall clock that was set while the process was away neither ends a lease nor makes it longer', async (t) => {
  for (const stepMs of [-hourMs, hourMs]) {
    const { acquire, advance, clock, restart } = startIn(t);
    await acquire();
    await advance(10_000);
    clock.inner.step(stepMs);
    await restart();
    t.match(await acquire(), { granted: false, nextInMs: 20_000 }, `${stepMs}`);
  }
});

t.test('when the machine has started anew, the wall clock tells', async (t) => {
  const { acquire, advance, clock, restart } = startIn(t);
  await acquire();
  await advance(10_000);
  clock.reboot();
  await restart();
  t.match(await acquire(), { granted: false, nextInMs: 20_000 });
});

t.test('if neither clock can tell, the lease begins anew, once', async (t) => {
  const { acquire, advance, clock, restart } = startIn(t);
  await acquire();
  clock.reboot();
  clock.inner.step(-hourMs);
  await restart();
  t.match(await acquire(), { granted: false, nextInMs: 30_000 });
  await advance(10_000);
  await restart();
  t.match(await acquire(), { granted: false, nextInMs: 20_000 }, 'though the process is restarted all the time');
});

t.test('whatever the wall clock does, the next lease comes when the last is over', async (t) => {
  const database = new Database(':memory:');
  t.teardown(() => database.close());
  for (const migration of migrations) database.exec(migration);
  const statements = prepareLeaseStatements(database);
  const event = fc.record({
    passedMs: fc.nat(40_000),
    stepMs: fc.constantFrom(0, 0, -hourMs, hourMs, -5_000, 5_000),
    restarts: fc.boolean(),
  });
  let histories = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 8 }), async (events) => {
      histories += 1;
      const id = `history ${histories}`;
      const clock = new ManualClock();
      let leases = new SqliteLeases(clock);
      leases.hold(statements, id, 30_000);
      let heldSinceMs = clock.monotonic();
      for (const { passedMs, stepMs, restarts } of events) {
        await clock.advance(passedMs);
        clock.step(stepMs);
        if (restarts) leases = new SqliteLeases(clock);
        const leftMs = leases.leftMs(statements, id);
        const trulyLeftMs = Math.max(0, heldSinceMs + 30_000 - clock.monotonic());
        assert.ok(leftMs >= trulyLeftMs && leftMs <= 30_000, `${leftMs} of ${trulyLeftMs}`);
        if (!restarts) await clock.advance(leftMs);
        if (leases.leftMs(statements, id) > 0) continue;
        leases.hold(statements, id, 30_000);
        heldSinceMs = clock.monotonic();
      }
      await clock.advance(30_000);
      assert.equal(leases.leftMs(statements, id), 0);
    }),
    { numRuns: 200 },
  );
});

t.test('what is over leaves nothing behind', async (t) => {
  const folder = t.testdir();
  const clock = new ManualClock();
  const store = new SqliteStore(folder, { clock, onSpoilt });
  t.teardown(() => store.close());
  for (let id = 0; id < 50; id += 1) await store.acquireLease(`connection ${id}`, 30_000);
  await clock.advance(20_000);
  await store.acquireLease(connection, 30_000);
  await clock.advance(15_000);
  await store.trim(0);
  await store.close();
  const database = new Database(join(folder, 'events.db'));
  t.teardown(() => database.close());
  t.match(database.prepare('SELECT connection_id AS id FROM lease').all(), [{ id: connection }]);
});
