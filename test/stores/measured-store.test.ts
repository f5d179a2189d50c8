import t, { type Test } from 'tap';
import { MeasuredStore } from '../../src/stores/measured-store.js';
import { SqliteStore } from '../../src/stores/sqlite-store.js';
import { ManualClock } from '../support/manual-clock.js';
import { commitOf, queryOf } from './event-store-contract.js';

const connection = 'f1a9b3c5d7e90123';

/** A measured store, what reached the store inside of it, and what its meters were told. Each look at the time is 0.25 ms after the one before. */
function open(t: Test) {
  const told: string[] = [];
  let nowMs = 0;
  const inner = new SqliteStore(t.testdir(), { clock: new ManualClock(), onSpoilt: () => undefined });
  const passed: unknown[] = [];
  const recorded = new Proxy(inner, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return async (...args: unknown[]) => {
        const answer: unknown = await Reflect.apply(method, target, args);
        passed.push([name, args, answer]);
        return answer;
      };
    },
  });
  const store = new MeasuredStore(recorded, {
    clock: {
      monotonic: () => {
        nowMs += 0.25;
        return nowMs;
      },
    },
    meterOf: (operation) => ({
      took: (durationMs) => told.push(`${operation} took ${durationMs}`),
      failed: () => told.push(`${operation} failed`),
    }),
  });
  t.teardown(() => store.close());
  return { store, inner, passed, told };
}

/** Dashboards know these operations by the names that they had first. */
const labels: Readonly<Record<string, string>> = { acquireLease: 'takeTurn', extendLease: 'postponeTurns' };

t.test('each operation is measured under its own name, and passed on with its arguments and its answer', async (t) => {
  const { store, passed, told } = open(t);
  const commit = commitOf(undefined, 'm0');
  const position = { sequence: 0, commitId: 'm0' };
  const query = queryOf();
  const answers = [
    ['commit', [connection, commit], await store.commit(connection, commit)],
    ['load', [connection], await store.load(connection)],
    ['read', [connection, query], await store.read(connection, query)],
    ['locate', [connection, position], await store.locate(connection, position)],
    ['unlogged', [connection, ['a']], await store.unlogged(connection, ['a'])],
    ['acquireLease', [connection, 1_000], await store.acquireLease(connection, 1_000)],
    ['extendLease', [connection, 2_000], await store.extendLease(connection, 2_000)],
    ['isAccepted', [connection], await store.isAccepted(connection)],
    ['rememberAccepted', [connection], await store.rememberAccepted(connection)],
    ['trim', [3_000], await store.trim(3_000)],
    ['erase', [connection], await store.erase(connection)],
    ['check', [], await store.check()],
  ] as const;
  t.strictSame(passed, answers);
  t.ok(answers.slice(0, 6).every(([, , answer]) => answer !== undefined));
  t.strictSame(
    told,
    answers.map(([operation]) => `${labels[operation] ?? operation} took 0.25`),
  );
});

t.test('a failure is counted and passed on; the store is up again with the next success', async (t) => {
  const { store, inner, told } = open(t);
  const check = inner.check.bind(inner);
  t.equal(store.isUp, true, 'as long as nothing says otherwise');
  inner.check = async () => {
    throw new Error('The disk is full');
  };
  await t.rejects(store.check(), { message: 'The disk is full' });
  t.strictSame(told, ['check failed', 'check took 0.25']);
  t.equal(store.isUp, false);
  inner.check = check;
  await store.check();
  t.equal(store.isUp, true);
});
