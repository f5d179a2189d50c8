import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Test } from 'tap';
import type { Commit, EventStore, LogPosition, LogQuery, PageEvent } from '../../src/engine/event-store.js';
import type { LoggedEvent } from '../../src/engine/events.js';

/** Opens an empty store and closes it when the test ends. */
export type OpenStore = (t: Test) => EventStore | Promise<EventStore>;

const us = 'f1a9b3c5d7e90123';
const them = '0123456789abcdef';
const nowMs = Date.parse('2026-01-05T09:00:00Z');

/** A commit that says nothing but what the test is about. */
export function commitOf(expectedCommitId: string | undefined, commitId: string, commit: Partial<Commit> = {}): Commit {
  return {
    expectedCommitId,
    commitId,
    header: '{}',
    changedRecords: new Map(),
    removedRecords: [],
    events: [],
    learnedAtMs: nowMs,
    ...commit,
  };
}

/** An event that says nothing but what the test is about. */
export function eventOf(key: string, event: Partial<LoggedEvent> = {}): LoggedEvent {
  return { key, kind: 'created', subject: key, occurredAtMs: nowMs, payload: `{"id":"${key}"}`, ...event };
}

/** An event made by `eventOf`, as a page has it. */
function pageEvent(sequence: number, commitId: string, key: string, occurredAtMs = nowMs): PageEvent {
  return { sequence, commitId, key, occurredAtMs, payload: `{"id":"${key}"}` };
}

/** A query in which a position that the log need not hold may be a sequence number alone. */
export type TestQuery = Partial<Omit<LogQuery, 'after'>> & { readonly after?: number | LogPosition };

/** A query for all that a test has put in. */
export function queryOf({ after = 0, ...query }: TestQuery = {}): LogQuery {
  const position = typeof after === 'number' ? { sequence: after, commitId: '' } : after;
  return { filter: { kind: 'created' }, after: position, notBeforeMs: 0, limit: 1_000, ...query };
}

/** The events that a query finds. */
export async function eventsOf(
  store: EventStore,
  connectionId: string,
  query: LogQuery,
): Promise<readonly PageEvent[]> {
  return (await store.read(connectionId, query))?.events ?? [];
}

/** Whether a position lies in a connection's log. */
export async function contains(store: EventStore, connectionId: string, position: LogPosition): Promise<boolean> {
  const located = (await store.locate(connectionId, position))?.contains ?? false;
  const read = (await store.read(connectionId, queryOf({ after: position })))?.contains ?? false;
  assert.equal(read, located, 'a page and a position agree');
  return located;
}

/**
 * What every store has to do. A store's own test calls this with a way to open it, and tests beside it what is
 * particular to that store.
 */
export function testEventStore(t: Test, open: OpenStore): void {
  const payloads = async (store: EventStore, connectionId = us, query: TestQuery = {}) =>
    (await eventsOf(store, connectionId, queryOf(query))).map(({ payload }) => payload);
  const sequences = async (store: EventStore, query: TestQuery = {}) =>
    (await eventsOf(store, us, queryOf(query))).map(({ sequence }) => sequence);

  t.test('a connection never seen has nothing', async (t) => {
    const store = await open(t);
    t.equal(await store.load(us), undefined);
    t.strictSame(await eventsOf(store, us, queryOf()), []);
    t.strictSame(await store.unlogged(us, ['a', 'b']), new Set(['a', 'b']));
    t.equal(await contains(store, us, { sequence: 0, commitId: 'm1' }), false);
    await store.trim(nowMs);
    await store.check();
    t.equal(await store.load(us), undefined);
  });

  t.test('a key that was accepted is remembered until it is trimmed', async (t) => {
    const store = await open(t);
    t.equal(await store.isAccepted(us), false);
    await store.rememberAccepted(us);
    await store.rememberAccepted(us);
    t.equal(await store.isAccepted(us), true);
    t.equal(await store.isAccepted(them), false);
    t.equal(await store.load(us), undefined, 'that is no log');
    await store.trim(0);
    t.equal(await store.isAccepted(us), true);
  });

  t.test('what was committed is stored', async (t) => {
    const store = await open(t);
    const committed = await store.commit(
      us,
      commitOf(undefined, 'm1', {
        header: '{"horizonMs":1}',
        changedRecords: new Map([
          ['P1', '1'],
          ['P2', '2'],
        ]),
        events: [eventOf('a'), eventOf('b')],
      }),
    );
    t.strictSame(committed, { sequence: 2, commitId: 'm1' });
    t.strictSame(await store.load(us), {
      commitId: 'm1',
      head: committed,
      header: '{"horizonMs":1}',
      trimmedToMs: 0,
      records: new Map([
        ['P1', '1'],
        ['P2', '2'],
      ]),
    });
    t.strictSame(await eventsOf(store, us, queryOf()), [pageEvent(1, 'm1', 'a'), pageEvent(2, 'm1', 'b')]);
  });

  t.test('a comma commit replaces the header and changes the records that it names', async (t) => {
    const store = await open(t);
    await store.commit(
      us,
      commitOf(undefined, 'm1', {
        header: '1',
        changedRecords: new Map([
          ['P1', '1'],
          ['P2', '2'],
          ['P3', '3'],
        ]),
      }),
    );
    const second = commitOf('m1', 'm2', {
      header: '2',
      changedRecords: new Map([
        ['P2', 'two'],
        ['P4', '4'],
      ]),
      removedRecords: ['P1', 'p3', 'never there'],
    });
    t.ok(await store.commit(us, second));
    t.equal((await store.load(us))?.commitId, 'm2');
    t.ok(await store.commit(us, commitOf('m2', 'm3', { header: '3' })));
    const stored = await store.load(us);
    t.equal(stored?.commitId, 'm3');
    t.equal(stored?.header, '3');
    t.strictSame(
      [...(stored?.records ?? [])].sort(([a], [b]) => a.localeCompare(b)),
      [
        ['P2', 'two'],
        ['P3', '3'],
        ['P4', '4'],
      ],
    );
  });

  t.test('a commit that was overtaken is not written', async (t) => {
    const store = await open(t);
    await store.commit(
      us,
      commitOf(undefined, 'm1', { header: '1', changedRecords: new Map([['P1', '1']]), events: [eventOf('a')] }),
    );
    await store.commit(us, commitOf('m1', 'm2', { header: '2' }));
    const before = await store.load(us);
    for (const expectedCommitId of [undefined, 'm1', 'm3', '', 'late']) {
      const late = commitOf(expectedCommitId, 'late', {
        header: 'late',
        changedRecords: new Map([
          ['P1', 'late'],
          ['P9', 'late'],
        ]),
        removedRecords: ['P1'],
        events: [eventOf('late')],
      });
      t.equal(await store.commit(us, late), undefined, `${expectedCommitId}`);
    }
    t.strictSame(await store.load(us), before);
    t.strictSame(await payloads(store), ['{"id":"a"}']);
    t.ok(await store.commit(us, commitOf('m2', 'm3')), 'whoever is up to date goes on');
  });

  t.test('a commit after one that is not there inserts no connection', async (t) => {
    const store = await open(t);
    const stale = { header: 'stale', changedRecords: new Map([['P1', '1']]), events: [eventOf('a')] };
    t.equal(await store.commit(us, commitOf('m3', 'stale', stale)), undefined);
    t.equal(await store.load(us), undefined);
    t.equal(await contains(store, us, { sequence: 0, commitId: 'stale' }), false);
    t.strictSame(await store.commit(us, commitOf(undefined, 'm1')), { sequence: 0, commitId: 'm1' });
  });

  t.test('of several commits after the same one exactly one is written', async (t) => {
    const store = await open(t);
    let commitId: string | undefined;
    for (const round of [1, 2]) {
      const commitIds = ['a', 'b', 'c', 'd'].map((name) => `${name}${round}`);
      const answers = await Promise.all(
        commitIds.map((next) => store.commit(us, commitOf(commitId, next, { events: [eventOf(next)] }))),
      );
      const won = answers.filter((answer) => answer !== undefined);
      t.match(won, [{ sequence: round }]);
      t.equal(won.length, 1);
      t.strictSame((await store.load(us))?.head, won[0]);
      commitId = won[0]?.commitId;
    }
    t.equal((await payloads(store)).length, 2);
  });

  t.test('a log that is empty has a position, which stays good while events come', async (t) => {
    const store = await open(t);
    const start = { sequence: 0, commitId: 'm1' };
    t.strictSame(await store.commit(us, commitOf(undefined, 'm1')), start);
    t.equal(await contains(store, us, start), true);
    t.equal(await contains(store, us, { ...start, commitId: 'm2' }), false);
    t.strictSame(await store.commit(us, commitOf('m1', 'm2')), start, 'no event, no other position');
    await store.commit(us, commitOf('m2', 'm3', { events: [eventOf('a')] }));
    t.equal(await contains(store, us, start), true);
    t.equal(await contains(store, us, { ...start, commitId: 'm3' }), false);
    t.strictSame(await payloads(store, us, { after: start.sequence }), ['{"id":"a"}']);
    t.strictSame(await store.commit(us, commitOf('m3', 'm4')), { sequence: 1, commitId: 'm3' });
  });

  t.test('a position is in the log if its event came with its commit id', async (t) => {
    const store = await open(t);
    await store.commit(us, commitOf(undefined, 'm1', { events: [eventOf('a'), eventOf('b')] }));
    await store.commit(us, commitOf('m1', 'm2', { events: [eventOf('c', { kind: 'resolved' })] }));
    const held = async (position: LogPosition) => contains(store, us, position);
    for (const [sequence, commitId] of [
      [0, 'm1'],
      [1, 'm1'],
      [2, 'm1'],
      [3, 'm2'],
    ] as const) {
      t.equal(await held({ sequence, commitId }), true, `${sequence} ${commitId}`);
    }
    for (const [sequence, commitId] of [
      [0, 'm2'],
      [1, 'm2'],
      [2, 'm2'],
      [3, 'm1'],
      [4, 'm2'],
      [-1, 'm1'],
      [3, ''],
      [1.5, 'm1'],
    ] as const) {
      t.equal(await held({ sequence, commitId }), false, `${sequence} ${commitId}`);
    }
  });

  t.test('events are numbered without gaps, in the order in which they were committed', async (t) => {
    const store = await open(t);
    await store.commit(
      us,
      commitOf(undefined, 'm1', { events: [eventOf('c', { occurredAtMs: 9 }), eventOf('a', { occurredAtMs: 3 })] }),
    );
    await store.commit(us, commitOf('m1', 'm2', { events: [eventOf('b', { occurredAtMs: 1 })] }));
    t.strictSame(await eventsOf(store, us, queryOf()), [
      pageEvent(1, 'm1', 'c', 9),
      pageEvent(2, 'm1', 'a', 3),
      pageEvent(3, 'm2', 'b', 1),
    ]);
  });

  t.test('an event whose key is in the log is left out, and leaves no gap', async (t) => {
    const store = await open(t);
    await store.commit(
      us,
      commitOf(undefined, 'm1', { events: [eventOf('a'), eventOf('a', { payload: '"again"' }), eventOf('b')] }),
    );
    const second = commitOf('m1', 'm2', { events: [eventOf('b', { payload: '"again"' }), eventOf('c'), eventOf('a')] });
    t.strictSame(await store.commit(us, second), { sequence: 3, commitId: 'm2' });
    t.strictSame(await eventsOf(store, us, queryOf()), [
      pageEvent(1, 'm1', 'a'),
      pageEvent(2, 'm1', 'b'),
      pageEvent(3, 'm2', 'c'),
    ]);
    const nothingNew = commitOf('m2', 'm3', { events: [eventOf('a'), eventOf('c')] });
    t.strictSame(await store.commit(us, nothingNew), { sequence: 3, commitId: 'm2' });
  });

  t.test('a page, a position and a lease come with the state of the log', async (t) => {
    const store = await open(t);
    t.match(await store.acquireLease(them, 1_000), { granted: true, commitId: undefined });
    await store.commit(us, commitOf(undefined, 'm1', { header: '1', events: [eventOf('a')] }));
    await store.commit(us, commitOf('m1', 'm2', { header: '2' }));
    const state = { commitId: 'm2', head: { sequence: 1, commitId: 'm1' }, header: '2', trimmedToMs: 0 };
    t.strictSame(await store.locate(us), { ...state, contains: false });
    t.strictSame(await store.locate(us, state.head), { ...state, contains: true });
    const nothing = { ...state, events: [], rest: undefined };
    t.strictSame(await store.read(us, queryOf({ after: 1 })), { ...nothing, contains: false });
    t.strictSame(await store.read(us, queryOf({ after: state.head })), { ...nothing, contains: true });
    t.match(await store.acquireLease(us, 1_000), { granted: true, commitId: 'm2' });
  });

  t.test('a lease is granted once, whether or not there is a log, and not before a longer wait is over', async (t) => {
    const store = await open(t);
    t.match(await store.acquireLease(us, 30_000), { granted: true, commitId: undefined });
    const denied = await store.acquireLease(us, 30_000);
    t.equal(denied.granted, false);
    t.ok(denied.nextInMs > 20_000 && denied.nextInMs <= 30_000, `${denied.nextInMs}`);
    t.match(await store.acquireLease(them, 30_000), { granted: true }, 'each connection has its own');
    await store.commit(us, commitOf(undefined, 'm1'));
    await store.extendLease(us, 299_999.5);
    await store.extendLease(us, 10_000);
    const extended = await store.acquireLease(us, 30_000);
    t.match(extended, { granted: false, commitId: 'm1' });
    t.ok(extended.nextInMs > 290_000 && extended.nextInMs <= 300_000, `${extended.nextInMs}`);
    await store.extendLease('fedcba9876543210', 60_000);
    t.match(await store.acquireLease('fedcba9876543210', 30_000), { granted: false }, 'a wait without a lease');
  });

  t.test('connections do not see each other', async (t) => {
    const store = await open(t);
    const both = { events: [eventOf('a')], changedRecords: new Map([['P1', '1']]) };
    await store.commit(us, commitOf(undefined, 'm1', { ...both, header: 'ours' }));
    t.strictSame(await store.commit(them, commitOf(undefined, 'n1', { ...both, header: 'theirs' })), {
      sequence: 1,
      commitId: 'n1',
    });
    await store.commit(us, commitOf('m1', 'm2', { header: 'ours', events: [eventOf('b')], removedRecords: ['P1'] }));
    t.strictSame(await store.load(them), {
      commitId: 'n1',
      head: { sequence: 1, commitId: 'n1' },
      header: 'theirs',
      trimmedToMs: 0,
      records: new Map([['P1', '1']]),
    });
    t.strictSame(await payloads(store, them), ['{"id":"a"}']);
    t.strictSame(await payloads(store), ['{"id":"a"}', '{"id":"b"}']);
    t.equal(await contains(store, them, { sequence: 1, commitId: 'm1' }), false);
    t.equal(await contains(store, them, { sequence: 2, commitId: 'm2' }), false);
    t.equal(await contains(store, them, { sequence: 1, commitId: 'n1' }), true);
  });

  t.test('a part of a log is read: behind a position, at most so many, none from before a time', async (t) => {
    const store = await open(t);
    const at = (key: string, occurredAtMs: number) => eventOf(key, { occurredAtMs });
    await store.commit(
      us,
      commitOf(undefined, 'm1', { events: [at('1', 50), at('2', 10), at('3', 30), at('4', 20), at('5', 40)] }),
    );
    t.strictSame(await sequences(store), [1, 2, 3, 4, 5]);
    t.strictSame(await sequences(store, { after: 2 }), [3, 4, 5]);
    t.strictSame(await sequences(store, { after: 5 }), []);
    t.strictSame(await sequences(store, { after: 99 }), []);
    t.strictSame(await sequences(store, { limit: 2 }), [1, 2]);
    t.strictSame(await sequences(store, { after: 1, limit: 2 }), [2, 3]);
    t.strictSame(await sequences(store, { notBeforeMs: 30 }), [1, 3, 5], 'the time itself is not before it');
    t.strictSame(await sequences(store, { notBeforeMs: 31 }), [1, 5]);
    t.strictSame(
      await sequences(store, { after: 1, notBeforeMs: 20, limit: 2 }),
      [3, 4],
      'what is left out does not count',
    );
  });

  t.test('a filter lets through its kind, and only its subject if it has one', async (t) => {
    const store = await open(t);
    await store.commit(
      us,
      commitOf(undefined, 'm1', {
        events: [
          eventOf('1', { kind: 'assigned', subject: 'U1', occurredAtMs: 1 }),
          eventOf('2', { kind: 'assigned', subject: 'U2', occurredAtMs: 2 }),
          eventOf('3', { kind: 'noted', subject: 'U1', occurredAtMs: 3 }),
          eventOf('4', { kind: 'assigned', subject: 'U1', occurredAtMs: 4 }),
          eventOf('5', { kind: 'assigned', subject: 'U1', occurredAtMs: 5 }),
          eventOf('6', { kind: 'acknowledged', subject: 'u1', occurredAtMs: 6 }),
          eventOf('7', { kind: 'resolved', subject: '', occurredAtMs: 7 }),
        ],
      }),
    );
    t.strictSame(await sequences(store, { filter: { kind: 'assigned' } }), [1, 2, 4, 5]);
    t.strictSame(await sequences(store, { filter: { kind: 'created' } }), []);
    const aboutU1 = { filter: { kind: 'assigned', subject: 'U1' } } as const;
    t.strictSame(await sequences(store, aboutU1), [1, 4, 5]);
    t.strictSame(await sequences(store, { ...aboutU1, after: 1, limit: 1 }), [4]);
    t.strictSame(await sequences(store, { ...aboutU1, notBeforeMs: 5 }), [5]);
    t.strictSame(await sequences(store, { filter: { kind: 'noted', subject: 'U1' } }), [3]);
    t.strictSame(await sequences(store, { filter: { kind: 'acknowledged', subject: 'U1' } }), [], 'case counts');
    t.strictSame(await sequences(store, { filter: { kind: 'assigned', subject: 'U%' } }), []);
    t.strictSame(await sequences(store, { filter: { kind: 'assigned', subject: '' } }), [], 'an empty subject is one');
  });

  t.test('a page that is full tells from when on there is more behind it', async (t) => {
    const store = await open(t);
    const at = (key: string, occurredAtMs: number, subject = 'U1') =>
      eventOf(key, { kind: 'assigned', occurredAtMs, subject });
    const first = [at('1', 50), at('2', 10), at('3', 30, 'U2'), at('4', 20), eventOf('5', { occurredAtMs: 5 })];
    await store.commit(us, commitOf(undefined, 'm1', { events: first }));
    await store.commit(us, commitOf('m1', 'm2', { events: [at('6', 40), at('7', 15, 'U2'), at('8', 60)] }));
    const restOf = async (query: TestQuery = {}) => {
      const page = await store.read(us, queryOf({ filter: { kind: 'assigned' }, ...query }));
      return [page?.events.map(({ key }) => Number(key)), page?.rest?.earliestMs];
    };
    t.strictSame(await restOf(), [[1, 2, 3, 4, 6, 7, 8], undefined]);
    t.strictSame(await restOf({ limit: 8 }), [[1, 2, 3, 4, 6, 7, 8], undefined]);
    t.strictSame(await restOf({ limit: 7 }), [[1, 2, 3, 4, 6, 7, 8], undefined], 'a full page may be the last');
    t.strictSame(await restOf({ limit: 1 }), [[1], 10], 'the earliest need not be the next');
    t.strictSame(await restOf({ limit: 2 }), [[1, 2], 15], 'what is on the page does not count');
    t.strictSame(await restOf({ limit: 6 }), [[1, 2, 3, 4, 6, 7], 60]);
    t.strictSame(await restOf({ limit: 2, after: 4 }), [[6, 7], 60]);
    t.strictSame(await restOf({ limit: 1, notBeforeMs: 20 }), [[1], 20], 'what is too early does not count');
    t.strictSame(await restOf({ limit: 1, notBeforeMs: 21 }), [[1], 30]);
    t.strictSame(await restOf({ limit: 2, notBeforeMs: 50 }), [[1, 8], undefined]);
    const aboutU1 = { filter: { kind: 'assigned', subject: 'U1' } } as const;
    t.strictSame(await restOf({ ...aboutU1, limit: 2 }), [[1, 2], 20], 'nor does what the filter leaves out');
    t.strictSame(await restOf({ ...aboutU1, limit: 5 }), [[1, 2, 4, 6, 8], undefined]);
    t.strictSame(await restOf({ filter: { kind: 'created' }, limit: 1 }), [[5], undefined]);
    t.strictSame(await restOf({ limit: 0 }), [[], 10]);
  });

  t.test('the keys that the log does not have are told apart from those that it has', async (t) => {
    const store = await open(t);
    const keys = Array.from({ length: 5_000 }, (_, index) => `created R${index}`);
    const logged = keys.filter((_, index) => index % 12 === 0);
    const early = { learnedAtMs: 100, events: logged.slice(0, 5).map((key) => eventOf(key)) };
    await store.commit(us, commitOf(undefined, 'm1', early));
    await store.commit(us, commitOf('m1', 'm2', { learnedAtMs: 300, events: logged.map((key) => eventOf(key)) }));
    await store.commit(them, commitOf(undefined, 'n1', { events: keys.slice(0, 9).map((key) => eventOf(key)) }));
    const rest = keys.filter((_, index) => index % 12 !== 0);
    t.strictSame(await store.unlogged(us, keys), new Set(rest));
    t.strictSame(await store.unlogged(us, []), new Set());
    t.strictSame(await store.unlogged(us, ['x', 'created R0', 'x']), new Set(['x']));
    t.strictSame(await store.unlogged(us, ['created r0', 'created R0 ']), new Set(['created r0', 'created R0 ']));
    await store.trim(200);
    t.strictSame(await store.unlogged(us, keys), new Set([...rest, ...logged.slice(0, 5)]), 'a trim forgets keys');
  });

  t.test('a log tells up to when events were removed from it', async (t) => {
    const store = await open(t);
    const trimmedTo = async () => {
      const [loaded, located] = [await store.load(us), await store.locate(us)];
      const page = await store.read(us, queryOf());
      const quiet = await store.read(us, queryOf({ after: loaded?.head ?? 0 }));
      t.strictSame(
        [located, page, quiet].map((state) => state?.trimmedToMs),
        Array(3).fill(loaded?.trimmedToMs),
      );
      return loaded?.trimmedToMs;
    };
    const learned = (learnedAtMs: number, ...times: number[]) => ({
      learnedAtMs,
      events: times.map((occurredAtMs) => eventOf(`${learnedAtMs} ${occurredAtMs}`, { occurredAtMs })),
    });
    await store.commit(us, commitOf(undefined, 'm1', learned(100, 70, 90, 80)));
    await store.commit(us, commitOf('m1', 'm2', learned(200, 20)));
    await store.commit(us, commitOf('m2', 'm3', learned(300, 250)));
    await store.commit(them, commitOf(undefined, 'n1', learned(300, 295)));
    t.equal(await trimmedTo(), 0);
    await store.trim(100);
    t.equal(await trimmedTo(), 0, 'nothing was removed');
    await store.trim(200);
    t.equal(await trimmedTo(), 90, 'the latest, not the last');
    await store.trim(250);
    t.equal(await trimmedTo(), 90, 'what is removed later and happened earlier does not lower it');
    await store.commit(us, commitOf('m3', 'm4', learned(400, 10)));
    t.equal(await trimmedTo(), 90, 'nor does a commit');
    await store.trim(400);
    t.equal(await trimmedTo(), 250);
    t.equal((await store.load(them))?.trimmedToMs, undefined, 'a connection that was forgotten');
    await store.commit(them, commitOf(undefined, 'n2'));
    t.equal((await store.load(them))?.trimmedToMs, 0, 'begins anew');
  });

  t.test('trimming removes what was learned before a time, and the positions in front of it', async (t) => {
    const store = await open(t);
    const learned = (learnedAtMs: number, ...keys: string[]) => ({
      learnedAtMs,
      events: keys.map((key) => eventOf(key)),
    });
    await store.commit(us, commitOf(undefined, 'm0', { learnedAtMs: 50 }));
    await store.commit(us, commitOf('m0', 'm1', learned(100, 'a', 'b')));
    await store.commit(us, commitOf('m1', 'm2', learned(200, 'c')));
    await store.commit(us, commitOf('m2', 'm3', learned(300, 'd')));
    const before = await store.load(us);
    await store.trim(200);
    t.strictSame(await sequences(store), [3, 4]);
    t.equal(await contains(store, us, { sequence: 0, commitId: 'm0' }), false);
    t.equal(await contains(store, us, { sequence: 1, commitId: 'm1' }), false);
    t.equal(await contains(store, us, { sequence: 2, commitId: 'm1' }), true, 'nothing behind this one was removed');
    t.equal(await contains(store, us, { sequence: 2, commitId: 'm2' }), false);
    t.equal(await contains(store, us, { sequence: 3, commitId: 'm2' }), true);
    t.equal(await contains(store, us, { sequence: 4, commitId: 'm3' }), true);
    t.strictSame(await store.load(us), { ...before, trimmedToMs: nowMs }, 'what is known of the connection stays');
    await store.trim(200);
    t.equal(await contains(store, us, { sequence: 2, commitId: 'm1' }), true, 'trimming again changes nothing');
  });

  t.test('trimming leaves no hole in the log, although the clock was set back while it was written', async (t) => {
    const store = await open(t);
    await store.commit(us, commitOf(undefined, 'm1', { learnedAtMs: 100, events: [eventOf('a')] }));
    await store.commit(us, commitOf('m1', 'm2', { learnedAtMs: 50, events: [eventOf('b')] }));
    await store.commit(us, commitOf('m2', 'm3', { learnedAtMs: 300, events: [eventOf('c')] }));
    await store.trim(75);
    t.equal(await contains(store, us, { sequence: 1, commitId: 'm1' }), false, 'what comes next has gone');
    await store.trim(150);
    t.equal(await contains(store, us, { sequence: 2, commitId: 'm2' }), true, 'the floor does not sink');
  });

  t.test('a host at the end of a log that was trimmed bare misses nothing', async (t) => {
    const store = await open(t);
    await store.commit(us, commitOf(undefined, 'm1', { learnedAtMs: 100, events: [eventOf('a'), eventOf('b')] }));
    await store.commit(us, commitOf('m1', 'm2', { learnedAtMs: 300 }));
    await store.trim(200);
    const head = { sequence: 2, commitId: 'm1' };
    t.strictSame(await sequences(store), []);
    t.strictSame((await store.load(us))?.head, head);
    t.equal(await contains(store, us, head), true);
    const next = commitOf('m2', 'm3', { learnedAtMs: 400, events: [eventOf('c')] });
    t.strictSame(await store.commit(us, next), { sequence: 3, commitId: 'm3' });
    t.equal(await contains(store, us, head), true);
    t.equal(await contains(store, us, { sequence: 1, commitId: 'm1' }), false);
    t.strictSame(await sequences(store, { after: head.sequence }), [3]);
  });

  t.test('trimming forgets a connection that has had no commit since, and leaves the others alone', async (t) => {
    const store = await open(t);
    const first = { learnedAtMs: 100, events: [eventOf('a')], changedRecords: new Map([['P1', '1']]) };
    await store.commit(us, commitOf(undefined, 'm1', first));
    await store.commit(them, commitOf(undefined, 'n1', { ...first, learnedAtMs: 200 }));
    await store.trim(200);
    t.equal(await store.load(us), undefined);
    t.equal(await contains(store, us, { sequence: 1, commitId: 'm1' }), false);
    t.match(await store.load(them), { commitId: 'n1', records: new Map([['P1', '1']]) });
    t.strictSame(await payloads(store, them), ['{"id":"a"}']);
    const again = commitOf(undefined, 'm2', { learnedAtMs: 300, events: [eventOf('a')] });
    t.strictSame(await store.commit(us, again), { sequence: 1, commitId: 'm2' });
    t.strictSame((await store.load(us))?.records, new Map(), 'nothing of its first life is left');
    t.equal(
      await contains(store, us, { sequence: 1, commitId: 'm1' }),
      false,
      'a position of its first life is foreign',
    );
  });

  t.test('a log that is erased is nobody’s at once, and the others stay; the lease holds', async (t) => {
    const store = await open(t);
    const many = Array.from({ length: 1_200 }, (_, index) => eventOf(`${index}`));
    const first = { events: many, changedRecords: new Map([['P1', '1']]) };
    await store.commit(us, commitOf(undefined, 'm1', first));
    await store.commit(them, commitOf(undefined, 'n1', first));
    t.match(await store.acquireLease(us, 30_000), { granted: true });
    const erasing = store.erase(us);
    t.equal(await store.load(us), undefined);
    t.equal(await store.commit(us, commitOf('m1', 'm2')), undefined, 'who was at work there is overtaken');
    await erasing;
    t.equal(await contains(store, us, { sequence: 1_200, commitId: 'm1' }), false);
    t.strictSame(await store.unlogged(us, ['0']), new Set(['0']));
    t.match(await store.acquireLease(us, 30_000), { granted: false, commitId: undefined });
    t.equal((await payloads(store, them)).length, 1_000, 'a page of theirs');
    t.match(await store.load(them), { commitId: 'n1', head: { sequence: 1_200 } });
    await store.erase(us);
    t.strictSame(await store.commit(us, commitOf(undefined, 'm3', { events: [eventOf('0')] })), {
      sequence: 1,
      commitId: 'm3',
    });
    t.strictSame(await store.load(us), {
      commitId: 'm3',
      head: { sequence: 1, commitId: 'm3' },
      header: '{}',
      trimmedToMs: 0,
      records: new Map(),
    });
  });

  t.test('any text comes back as it was', async (t) => {
    const store = await open(t);
    // Neither an id nor JSON holds a NUL as it is, and SQLite ends a text there.
    const text = fc.string({ unit: 'binary', maxLength: 20 }).map((any) => any.replaceAll('\0', ''));
    let commits = 0;
    let commitId: string | undefined;
    await fc.assert(
      fc.asyncProperty(text, text, text, async (one, two, three) => {
        const records = new Map([[one, two]]);
        const subject = `${one}${commits}`;
        const event = eventOf(`${two}${commits}`, { kind: 'noted', subject, payload: three });
        const head = { sequence: commits + 1, commitId: two };
        const removedRecords = [...((await store.load(us))?.records.keys() ?? [])].filter((id) => id !== one);
        const commit = { header: three, changedRecords: records, removedRecords, events: [event] };
        t.strictSame(await store.commit(us, commitOf(commitId, two, commit)), head);
        commits += 1;
        commitId = two;
        t.strictSame(await store.load(us), { commitId, head, header: three, trimmedToMs: 0, records });
        t.strictSame(await eventsOf(store, us, queryOf({ filter: { kind: 'noted', subject } })), [
          { ...head, key: event.key, occurredAtMs: nowMs, payload: three },
        ]);
        t.strictSame(await store.unlogged(us, [event.key, `${event.key}!`]), new Set([`${event.key}!`]));
        t.equal(await contains(store, us, head), true);
      }),
      {
        numRuns: 15,
        examples: [
          ['\u0001', 'a\u007fb', '"\'\\'],
          ['😀', '', '\r\n'],
          ['é', 'e\u0301', 'É'],
        ],
      },
    );
  });

  t.test('reading page by page gives the log, once and in order', async (t) => {
    const store = await open(t);
    const kinds = ['created', 'assigned', 'resolved'] as const;
    const someEvents = fc.array(fc.tuple(fc.nat(15), fc.constantFrom(...kinds)), { maxLength: 6 });
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(someEvents, { maxLength: 5 }),
        fc.integer({ min: 1, max: 4 }),
        async (commits, limit) => {
          runs += 1;
          const connectionId = `${us}${runs}`;
          const log = new Map<string, (typeof kinds)[number]>();
          for (const [index, events] of commits.entries()) {
            for (const [key, kind] of events) if (!log.has(`${key}`)) log.set(`${key}`, kind);
            const logged = events.map(([key, kind]) => eventOf(`${key}`, { kind, payload: `${key}` }));
            const before = index === 0 ? undefined : `m${index - 1}`;
            const head = await store.commit(connectionId, commitOf(before, `m${index}`, { events: logged }));
            t.equal(head?.sequence, log.size);
          }
          for (const kind of kinds) {
            const read: string[] = [];
            for (let after = 0, more = true; more; ) {
              const page = await store.read(connectionId, queryOf({ filter: { kind }, after, limit }));
              for (const event of page?.events ?? []) read.push(event.payload);
              after = page?.events.at(-1)?.sequence ?? after;
              more = page?.rest !== undefined;
            }
            t.strictSame(
              read,
              [...log].filter(([, logged]) => logged === kind).map(([key]) => key),
            );
          }
        },
      ),
      { numRuns: 15 },
    );
  });
}
