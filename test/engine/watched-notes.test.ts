import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { allowedLatenessMs } from '../../src/engine/evidence.js';
import { type NotesToRead, WatchedNotes } from '../../src/engine/watched-notes.js';
import { PagerDutyResponseError, PagerDutyTimeoutError } from '../../src/pagerduty/errors.js';
import type { Note } from '../../src/pagerduty/models.js';
import { ManualClock } from '../support/manual-clock.js';

const startMs = Date.parse('2026-01-05T09:00:00Z');
const minuteMs = 60_000;
const all: NotesToRead = { mode: 'all' };
const none: NotesToRead = { mode: 'from-entries', entries: [] };
const entryOf = (id: string, incidentId: string, type = 'annotate_log_entry'): NotesToRead => ({
  mode: 'from-entries',
  entries: [{ id, type, incident: { id: incidentId } }],
});
const noteOf = (id: string, seconds = 0) => ({ id, created_at: new Date(startMs + seconds * 1000).toISOString() });

/** Watched notes before a PagerDuty of a few lines. Its clock starts when incidents are watched. */
function build() {
  const clock = new ManualClock(startMs);
  const notes = new WatchedNotes({ clock });
  const lists = new Map<string, Note[]>();
  const failures = new Map<string, Error>();
  const asked: string[] = [];
  let readMs = 0;
  const source = {
    incidents: {
      async notes(incidentId: string) {
        asked.push(incidentId);
        if (readMs > 0) await clock.advance(readMs);
        const failure = failures.get(incidentId);
        if (failure !== undefined) throw failure;
        return { items: lists.get(incidentId) ?? [] };
      },
    },
  };
  return {
    clock,
    notes,
    lists,
    failures,
    asked,
    /** From now on a read takes so long. */
    slowDown: (ms: number) => {
      readMs = ms;
    },
    watch: (...ids: readonly string[]) => {
      for (const id of ids) notes.watch(id, startMs);
    },
    /** One poll, whose notes go into the log: which incidents it read, which notes it gave, how many reads failed. */
    poll: async (
      toRead: NotesToRead = none,
      options: { maxReads?: number; isLogged?: boolean; keptFromMs?: number } = {},
    ) => {
      const { isLogged = true, keptFromMs = clock.now(), ...others } = options;
      asked.length = 0;
      const read = await notes.read(source, toRead, { nowMs: clock.now(), keptFromMs, ...others });
      notes.settle(read.events, isLogged);
      assert.equal(read.reads, asked.length);
      return { ...read, asked: [...asked], keys: read.events.map(({ key }) => key) };
    },
  };
}

const ids = (count: number) => Array.from({ length: count }, (_, index) => `P${index}`);

t.test('all have their turn within three polls, whoever asks in whatever order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.infiniteStream(fc.nat({ max: 119 })), async (askers) => {
      const { clock, watch, poll } = build();
      const incidents = ids(120);
      watch(...incidents);
      for (let round = 0; round < 4; round += 1) {
        const read = new Set<string>();
        for (let one = 0; one < 3; one += 1) {
          for (const asker of [...askers.take(40)]) watch(`P${asker}`);
          await clock.advance(30_000);
          const { asked } = await poll(all);
          assert.ok(asked.length <= 50);
          for (const id of asked) read.add(id);
        }
        assert.equal(read.size, incidents.length);
      }
    }),
    { numRuns: 30 },
  );
});

t.test('fewer reads if a poll has fewer calls left', async (t) => {
  const { watch, poll } = build();
  watch(...ids(10));
  t.strictSame((await poll(all, { maxReads: 4 })).asked, ['P0', 'P1', 'P2', 'P3']);
  t.strictSame((await poll(all, { maxReads: 4 })).asked, ['P4', 'P5', 'P6', 'P7']);
  t.strictSame((await poll(all, { maxReads: 4 })).asked, ['P8', 'P9', 'P0', 'P1']);
});

t.test('more incidents than are kept have their turn too', async (t) => {
  const { clock, watch, poll, notes, lists } = build();
  const incidents = ids(1_200);
  for (const id of incidents) lists.set(id, [noteOf(`of ${id}`)]);
  const told = new Set<string>();
  for (let polls = 0; polls < 30; polls += 1) {
    watch(...incidents);
    await clock.advance(30_000);
    for (const key of (await poll(all)).keys) told.add(key);
  }
  t.equal(told.size, incidents.length);
  t.notOk(notes.isEmpty);
});

t.test('one that an entry has told of is not forgotten for others that come', async (t) => {
  const { watch, poll } = build();
  watch('P');
  await poll(entryOf('R1', 'P'));
  watch(...ids(1_100));
  const asked: string[] = [];
  for (let polls = 0; polls < 25; polls += 1) asked.push(...(await poll()).asked);
  t.ok(asked.includes('P'), 'its turn comes');
  watch(...ids(1_200));
  asked.length = 0;
  for (let polls = 0; polls < 25; polls += 1) asked.push(...(await poll()).asked);
  t.ok(asked.includes('P'), 'and others that were read went before it');
});

for (const [name, status] of [
  ['403', 403],
  ['404', 404],
  ['500', 500],
] as const) {
  t.test(`a note behind a ${name} comes after it has passed`, async (t) => {
    const { clock, watch, poll, lists, failures } = build();
    watch('P', 'Q');
    await clock.advance(2 * allowedLatenessMs);
    await poll();
    const error = new PagerDutyResponseError(status, { errors: [] }, undefined);
    failures.set('P', error);
    lists.set('P', [noteOf('N')]);
    lists.set('Q', [noteOf('M')]);
    const both: NotesToRead = {
      mode: 'from-entries',
      entries: ['P', 'Q'].map((id) => ({ id: `R ${id}`, type: 'annotate_log_entry', incident: { id } })),
    };
    const first = await poll(both);
    t.strictSame([first.keys, first.failed, first.failure], [['noted M'], 1, error], 'it holds up no other');
    const polls: number[] = [];
    for (let number = 1; number <= 40; number += 1) {
      watch('P');
      await clock.advance(minuteMs);
      if ((await poll()).failed > 0) polls.push(number);
    }
    t.strictSame(polls, [1, 3, 7, 15, 31], 'tried after one poll, then two, four and so on');
    failures.clear();
    let came = 0;
    for (let number = 0; number < 40; number += 1) {
      watch('P');
      await clock.advance(minuteMs);
      came += (await poll()).keys.length;
    }
    t.equal(came, 1, 'and it comes once');
  });
}

t.test('a failed read is tried again within an hour, however many have failed', async (t) => {
  const { clock, watch, poll, failures } = build();
  watch('P');
  failures.set('P', new PagerDutyTimeoutError(10_000));
  let failed = 0;
  for (let minutes = 0; minutes < 48 * 60; minutes += 1) {
    watch('P');
    failed += (await poll(all)).failed;
    await clock.advance(minuteMs);
  }
  t.ok(failed >= 48, `${failed} reads in two days`);
  t.ok(failed <= 60, `${failed} reads in two days`);
});

t.test('what failed without the timeline is read again with it', async (t) => {
  const { clock, watch, poll, failures, lists } = build();
  watch('P');
  await poll(all);
  await clock.advance(2 * allowedLatenessMs);
  await poll(all);
  failures.set('P', new PagerDutyTimeoutError(10_000));
  lists.set('P', [noteOf('N')]);
  await poll(all);
  failures.clear();
  t.strictSame((await poll(none)).keys, ['noted N']);
});

t.test('a new entry has the notes read at once, whatever failed before', async (t) => {
  const { watch, poll, failures } = build();
  watch('P');
  failures.set('P', new PagerDutyTimeoutError(10_000));
  for (let polls = 0; polls < 10; polls += 1) await poll();
  failures.clear();
  t.strictSame((await poll()).asked, []);
  t.strictSame((await poll(entryOf('R1', 'P'))).asked, ['P']);
});

t.test('reads that take long leave the rest to the next poll', async (t) => {
  const { watch, poll, failures, slowDown } = build();
  slowDown(10_000);
  watch(...ids(5));
  for (const id of ids(5)) failures.set(id, new PagerDutyTimeoutError(10_000));
  t.strictSame((await poll()).asked, ['P0', 'P1']);
  t.strictSame((await poll()).asked, ['P2', 'P3']);
  t.strictSame((await poll()).asked.slice(0, 2), ['P4', 'P0']);
});

t.test('a note that is listed later than its entry comes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1_000, max: 10 * minuteMs }),
      fc.nat({ max: allowedLatenessMs }),
      fc.constantFrom('annotate_log_entry', 'resolve_log_entry'),
      fc.boolean(),
      async (intervalMs, lateMs, type, isWatchedBefore) => {
        const { clock, watch, poll, lists } = build();
        if (isWatchedBefore) {
          watch('P');
          await poll();
          await clock.advance(2 * allowedLatenessMs);
          await poll();
        } else await poll(entryOf('R1', 'P', type));
        // The host's own process begins after the entry was seen, or the entry is listed again and again.
        watch('P');
        const seenAtMs = clock.monotonic();
        const came: string[] = [];
        for (let polls = 0; polls === 0 || clock.monotonic() - seenAtMs < 20 * minuteMs; polls += 1) {
          if (clock.monotonic() - seenAtMs >= lateMs) lists.set('P', [noteOf('N')]);
          came.push(...(await poll(isWatchedBefore ? entryOf('R1', 'P', type) : none)).keys);
          clock.step(-3_600_000);
          await clock.advance(intervalMs);
        }
        assert.deepEqual(came, ['noted N']);
      },
    ),
    { numRuns: 60 },
  );
});

t.test('it comes in the poll after it is listed, up to the allowed lateness and five polls', async (t) => {
  for (const [intervalMs, expected] of [
    [10_000, 13],
    [minuteMs, 6],
    [60 * minuteMs, 6],
  ] as const) {
    const { clock, watch, poll } = build();
    watch('P');
    await poll();
    await clock.advance(2 * allowedLatenessMs);
    await poll();
    let reads = 0;
    for (let polls = 0; polls < 30; polls += 1) {
      watch('P');
      // Polls overlap, and sweeps look further back: the entry is listed again.
      reads += (await poll(entryOf('R1', 'P'))).reads;
      await clock.advance(intervalMs);
    }
    t.equal(reads, expected, `an interval of ${intervalMs / 1000} s`);
  }
});

t.test('a quiet incident costs two reads', async (t) => {
  const { clock, watch, poll } = build();
  let reads = 0;
  for (let polls = 0; polls < 100; polls += 1) {
    watch('P');
    reads += (await poll(polls % 2 === 0 ? none : entryOf('R1', 'Q'))).reads;
    await clock.advance(30_000);
  }
  t.equal(reads, 2);
});

t.test('each note is read by itself: an odd one hides no other', async (t) => {
  const { clock, watch, poll, lists } = build();
  watch('P');
  await clock.advance(5_000);
  // The reader of records takes what is no time for none.
  const untimed = [{ id: 'U1', created_at: null }, { id: 'U2' }];
  lists.set('P', [noteOf('N1', 1), { ...noteOf('N2', 2), user: { id: null } }, ...untimed, noteOf('N1', 1)]);
  const { events, failed } = await poll(all);
  t.equal(failed, 0);
  t.strictSame(
    events.map(({ key, atMs }) => [key, atMs - startMs]),
    [['noted N1', 1_000], ['noted N2', 2_000], ...['U1', 'U2'].map((id) => [`noted ${id}`, 5_000])],
    'one whose time cannot be read has the time of the poll',
  );
  t.strictSame((await poll(all)).keys, [], 'and comes once');
});

t.test('a note whose time cannot be read is not older than what a host has', async (t) => {
  const { notes, poll, lists } = build();
  notes.watch('P', startMs);
  notes.watch('P', startMs + 7_000);
  lists.set('P', [{ id: 'U' }]);
  t.equal((await poll(all)).events[0]?.atMs, startMs + 7_000);
});

t.test('what no log can have trimmed is given, although no host here wants it: another one may come', async (t) => {
  const { notes, poll, lists } = build();
  lists.set('P', [noteOf('N1', -5), noteOf('N2', -2), noteOf('N3', 0)]);
  notes.watch('P', startMs);
  t.strictSame((await poll(none, { keptFromMs: startMs - 2_000 })).keys, ['noted N2', 'noted N3']);
});

t.test('older notes than a host wants, and than a log keeps, are not given, until a host wants them', async (t) => {
  const { notes, poll, lists } = build();
  lists.set('P', [noteOf('N1', -5), noteOf('N2', 0)]);
  notes.watch('P', startMs);
  t.strictSame((await poll()).keys, ['noted N2']);
  notes.watch('P', startMs - 5_000);
  t.strictSame((await poll()).keys, ['noted N1']);
  t.strictSame((await poll()).asked, []);
});

t.test('a note that was edited or deleted is no event', async (t) => {
  const { watch, poll, lists } = build();
  watch('P');
  lists.set('P', [noteOf('N1'), noteOf('N2')]);
  t.strictSame((await poll(all)).keys, ['noted N1', 'noted N2']);
  const edited = { ...noteOf('N2', 9), content: 'edited' };
  lists.set('P', [edited]);
  t.strictSame((await poll(all)).keys, []);
  lists.set('P', [noteOf('N2'), noteOf('N1')]);
  t.strictSame((await poll(all)).keys, [], 'nor one that is back');
});

t.test('notes that did not go into the log, or that it may have lost, are read again', async (t) => {
  const { clock, watch, poll, lists, notes } = build();
  watch('P');
  lists.set('P', [noteOf('N')]);
  await poll(none, { isLogged: false });
  t.strictSame((await poll()).keys, ['noted N']);
  await clock.advance(2 * allowedLatenessMs);
  await poll();
  t.strictSame((await poll()).asked, []);
  notes.forgetDelivered();
  t.strictSame((await poll()).keys, ['noted N']);
});

t.test('an incident is watched for an hour after its host has asked, by no wall clock', async (t) => {
  const { clock, watch, poll, notes } = build();
  watch('P');
  clock.step(48 * 60 * minuteMs);
  await poll();
  t.notOk(notes.isEmpty);
  clock.step(-100 * 60 * minuteMs);
  await clock.advance(60 * minuteMs);
  await poll();
  t.notOk(notes.isEmpty);
  await clock.advance(1);
  await poll();
  t.ok(notes.isEmpty);
});

t.test('what is remembered of an incident is bounded, and what is forgotten is given again', async (t) => {
  const { watch, poll, lists } = build();
  watch('P');
  lists.set(
    'P',
    ids(700).map((id) => noteOf(id)),
  );
  t.equal((await poll(all)).keys.length, 700);
  const again = (await poll(all)).keys.length;
  t.ok(again > 0 && again <= 700, `${again} notes again: the store leaves them out`);
});
