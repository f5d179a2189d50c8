import t, { type Test } from 'tap';
import { MeasuredStore } from '../../src/stores/measured-store.js';
import { SqliteStore } from '../../src/stores/sqlite-store.js';
import { commitOf, queryOf, testEventStore } from './event-store-contract.js';

const connection = 'f1a9b3c5d7e90123';

/** A measured store, and what its meters counted. Each look at the time is 0.25 ms after the one before. */
function open(t: Test) {
  const counted: string[] = [];
  let nowMs = 0;
  const inner = new SqliteStore(t.testdir());
  const store = new MeasuredStore(inner, {
    monotonicMs: () => {
      nowMs += 0.25;
      return nowMs;
    },
    meterOf: (operation) => ({
      took: (durationMs) => counted.push(`${operation} took ${durationMs}`),
      failed: () => counted.push(`${operation} failed`),
    }),
  });
  t.teardown(() => store.close());
  return { store, inner, counted };
}

testEventStore(t, (t) => open(t).store);

t.test('each operation is measured under its own name', async (t) => {
  const { store, counted } = open(t);
  await store.load(connection);
  await store.commit(connection, commitOf(undefined, 'm0'));
  await store.read(connection, queryOf());
  await store.locate(connection);
  await store.acquireLease(connection, 1_000);
  await store.extendLease(connection, 1_000);
  await store.trim(0);
  await store.check();
  const operations = ['load', 'commit', 'read', 'locate', 'takeTurn', 'postponeTurns', 'trim', 'check'];
  t.strictSame(
    counted,
    operations.map((operation) => `${operation} took 0.25`),
  );
});

t.test('a failure is counted and passed on; the store is up again with the next success', async (t) => {
  const { store, inner, counted } = open(t);
  const check = inner.check.bind(inner);
  t.equal(store.isUp, true, 'as long as nothing says otherwise');
  inner.check = async () => {
    throw new Error('The disk is full');
  };
  await t.rejects(store.check(), { message: 'The disk is full' });
  t.strictSame(counted, ['check failed', 'check took 0.25']);
  t.equal(store.isUp, false);
  inner.check = check;
  await store.check();
  t.equal(store.isUp, true);
});
