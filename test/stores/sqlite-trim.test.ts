import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { SqliteStore } from '../../src/stores/sqlite-store.js';
import { ManualClock } from '../support/manual-clock.js';
import { commitOf, contains, eventOf, eventsOf, queryOf } from './event-store-contract.js';

const us = 'f1a9b3c5d7e90123';

function open(t: Test, folder = t.testdir()): SqliteStore {
  const store = new SqliteStore(folder, { clock: new ManualClock(), onSpoilt: () => undefined });
  t.teardown(() => store.close());
  return store;
}

/** Commits of a hundred events each, one for each time of learning. */
async function fill(store: SqliteStore, learnedAtMs: readonly number[]): Promise<void> {
  for (const [index, learned] of learnedAtMs.entries()) {
    const events = Array.from({ length: 100 }, (_, at) =>
      eventOf(`${index} ${at}`, { occurredAtMs: index * 100 + at + 1 }),
    );
    const before = index === 0 ? undefined : `m${index - 1}`;
    await store.commit(us, commitOf(before, `m${index}`, { learnedAtMs: learned, events }));
  }
}

/** How many events are left, if the log is whole. */
async function leftIn(t: Test, store: SqliteStore): Promise<number> {
  const events = await eventsOf(store, us, queryOf({ limit: 10_000 }));
  const first = events[0]?.sequence ?? 0;
  t.strictSame(
    events.map(({ sequence }) => sequence),
    events.map((_, index) => first + index),
    'no hole',
  );
  const behind = { sequence: first - 1, commitId: `m${Math.floor((first - 2) / 100)}` };
  if (first > 1) t.ok(await contains(store, us, behind), 'nor in front of it');
  t.equal((await store.locate(us))?.trimmedToMs, first - 1, 'and it tells what is gone');
  return events.length;
}

t.test('other work goes on between the slices of a trim, and finds the log whole', async (t) => {
  const store = open(t);
  await fill(store, [...Array<number>(13).fill(100), 300]);
  let isDone = false;
  const trimming = store.trim(200).then(() => {
    isDone = true;
  });
  const left: number[] = [];
  while (!isDone) {
    left.push(await leftIn(t, store));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await trimming;
  t.strictSame([...new Set(left)], [900, 400, 100]);
});

t.test('a trim that ends between slices loses nothing, and the next goes on', async (t) => {
  const folder = t.testdir();
  const first = open(t, folder);
  await fill(first, [...Array<number>(13).fill(100), 300]);
  const trimming = first.trim(200);
  await first.close();
  await trimming;
  const second = open(t, folder);
  t.equal(await leftIn(t, second), 900);
  await second.trim(200);
  t.equal(await leftIn(t, second), 100);
});

t.test('what a clock that was set back has made of a long log goes in slices, too', async (t) => {
  const store = open(t);
  await fill(store, [...Array<number>(12).fill(300), 100, 300]);
  await store.trim(200);
  t.equal(await leftIn(t, store), 100);
  await store.commit(us, commitOf('m13', 'back', { learnedAtMs: 100 }));
  await store.trim(200);
  t.equal(await store.load(us), undefined, 'a connection is forgotten by its last commit');
  t.strictSame(await store.commit(us, commitOf(undefined, 'new')), { sequence: 0, commitId: 'new' });
});

/** Whether any file of the folder has a text somewhere. */
function isIn(folder: string, text: string): boolean {
  return readdirSync(folder).some((name) => readFileSync(join(folder, name)).includes(text));
}

t.test('what was erased is in no file any more, although much else is', async (t) => {
  const folder = t.testdir();
  const store = open(t, folder);
  const theirs = Array.from({ length: 700 }, (_, index) => eventOf(`theirs ${index}`));
  const ours = Array.from({ length: 700 }, (_, index) =>
    eventOf(`${index}`, { payload: `Jane Doe ${'x'.repeat(index % 7 === 0 ? 9_000 : 90)}` }),
  );
  await store.commit('them', commitOf(undefined, 'n1', { events: theirs }));
  const header = 'header of Jane Doe';
  await store.commit(
    us,
    commitOf(undefined, 'm1', { header, events: ours, changedRecords: new Map([['Jane Doe', '']]) }),
  );
  await store.commit('them', commitOf('n1', 'n2', { events: theirs.map(({ key }) => eventOf(`${key} again`)) }));
  t.ok(isIn(folder, 'Jane Doe'));
  await store.erase(us);
  t.notOk(isIn(folder, 'Jane Doe'));
  t.ok(isIn(folder, 'theirs'));
  t.equal((await eventsOf(store, 'them', queryOf({ limit: 10_000 }))).length, 1_400);
});

t.test('an erasure that ends between slices goes on with the next trim', async (t) => {
  const folder = t.testdir();
  const first = open(t, folder);
  await fill(first, Array<number>(13).fill(5_000));
  const erasing = first.erase(us);
  await first.close();
  await erasing;
  t.ok(isIn(folder, 'm12'));
  const second = open(t, folder);
  t.equal(await second.load(us), undefined);
  await second.trim(200);
  t.notOk(isIn(folder, 'm12'));
});
