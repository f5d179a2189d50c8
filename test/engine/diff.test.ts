import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { allowedLatenessMs, caseOf, type DiffInput, diff } from '../../src/engine/diff.js';
import { matchKeyOf, type ObservedEvent, type Source } from '../../src/engine/events.js';
import type { Snapshot } from '../../src/engine/snapshot.js';

const startMs = Date.parse('2026-01-05T09:00:00Z');

/** An account's life: what happens when, and how much later it is listed. */
const life = fc.array(
  fc.record({
    second: fc.integer({ min: -300, max: 900 }),
    lateSeconds: fc.integer({ min: 0, max: 110 }),
    incident: fc.nat({ max: 3 }),
    kind: fc.constantFrom('created' as const, 'acknowledged' as const, 'resolved' as const),
  }),
  { maxLength: 60 },
);
const pollSeconds = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 15 });

function eventsOf(
  events: readonly { second: number; incident: number; kind: ObservedEvent['kind'] }[],
): ObservedEvent[] {
  return events.map(({ second, incident, kind }, index) => {
    const named = { kind, incidentId: `P${incident}`, subject: `P${incident}` };
    const atMs = startMs + second * 1000;
    return {
      ...named,
      key: `${kind} ${index}`,
      matchKey: matchKeyOf(named, atMs),
      atMs,
      payload: { id: `P${incident}` },
    };
  });
}

t.test('everything is delivered once, however late, in whatever order and however often it is listed', async () => {
  fc.assert(
    fc.property(life, pollSeconds, fc.infiniteStream(fc.nat()), (lived, polls, noise) => {
      const events = eventsOf(lived);
      const delivered: string[] = [];
      let snapshot: Snapshot | undefined;
      let nowMs = startMs;
      for (const seconds of [0, ...polls, 200, 200]) {
        nowMs += seconds * 1000;
        const watermarkMs = snapshot?.header.watermarkMs ?? nowMs - allowedLatenessMs;
        const listed = events.filter(
          ({ atMs }, index) => atMs >= watermarkMs && atMs + (lived[index]?.lateSeconds ?? 0) * 1000 <= nowMs,
        );
        // In no order at all, and some of it twice, as a listing that shifts while it is read.
        const shuffled = listed.map((one) => ({ one, place: noise.next().value })).sort((a, b) => a.place - b.place);
        const seen = [...shuffled, ...shuffled.slice(0, 3)].map(({ one }) => one);
        const found = diff(snapshot, { source: 'timeline', events: seen, notes: [], serverTimeMs: nowMs });
        delivered.push(...found.events.map(({ key }) => key));
        snapshot = found.snapshot;
        // A snapshot shrinks: it knows nothing of what was before its watermark.
        const { header, known } = snapshot;
        assert.ok([...known.values()].every(({ atMs }) => atMs >= header.watermarkMs));
      }
      const last = nowMs;
      // What is listed at the very first poll is the silent baseline, and so is what was before it.
      const owed = events.filter(({ atMs }, index) => {
        const listedAtMs = atMs + (lived[index]?.lateSeconds ?? 0) * 1000;
        return atMs >= startMs && listedAtMs > startMs && listedAtMs <= last;
      });
      assert.deepEqual([...delivered].sort(), owed.map(({ key }) => key).sort());
    }),
    { numRuns: 500 },
  );
});

t.test('events of one poll are in the order of their time', async () => {
  fc.assert(
    fc.property(life, (lived) => {
      const before = { header: { logStartMs: 0, watermarkMs: 0, source: 'timeline' as const }, known: new Map() };
      const { events: added } = diff(before, {
        source: 'timeline',
        events: eventsOf(lived),
        notes: [],
        serverTimeMs: startMs + 900_000,
      });
      const times = added.map(({ occurredAtMs }) => occurredAtMs);
      assert.deepEqual(
        times,
        [...times].sort((a, b) => a - b),
      );
    }),
  );
});

t.test('if the source changes, what both know by other keys is not delivered again', async (t) => {
  const [timeline] = eventsOf([{ second: 10, incident: 1, kind: 'acknowledged' }]);
  const [lists] = eventsOf([{ second: 11, incident: 1, kind: 'acknowledged' }]);
  const [other] = eventsOf([{ second: 14, incident: 1, kind: 'acknowledged' }]);
  if (timeline === undefined || lists === undefined || other === undefined) throw new Error('nothing happened');
  const poll = (before: Snapshot | undefined, source: Source, events: ObservedEvent[], second: number) =>
    diff(before, { source, events, notes: [], serverTimeMs: startMs + second * 1000 });
  const first = poll(undefined, 'timeline', [], 0);
  const second = poll(first.snapshot, 'timeline', [timeline], 30);
  t.equal(second.events.length, 1);
  const third = poll(
    second.snapshot,
    'lists',
    [
      { ...lists, key: 'a list key' },
      { ...other, key: 'another list key' },
    ],
    60,
  );
  t.strictSame(
    third.events.map(({ key }) => key),
    ['another list key'],
  );
});

t.test('a backfill delivers what is older than the log, from there on', async (t) => {
  const events = eventsOf([
    { second: -500, incident: 1, kind: 'created' },
    { second: -100, incident: 2, kind: 'created' },
    { second: -20, incident: 3, kind: 'created' },
  ]);
  const baseline = diff(undefined, { source: 'timeline', events: [], notes: [], serverTimeMs: startMs });
  const backfillToMs = startMs - 200_000;
  const serverTimeMs = startMs + 30_000;
  const { events: added, snapshot } = diff(baseline.snapshot, {
    source: 'timeline',
    events,
    notes: [],
    serverTimeMs,
    backfillToMs,
  });
  t.strictSame(
    added.map(({ key }) => key),
    ['created 1', 'created 2'],
  );
  t.equal(snapshot.header.logStartMs, backfillToMs);
});

const second = (seconds: number) => startMs + seconds * 1_000;
const [created, acknowledged, resolved] = eventsOf([
  { second: 10, incident: 1, kind: 'created' },
  { second: 20, incident: 1, kind: 'acknowledged' },
  { second: 30, incident: 1, kind: 'resolved' },
]);
if (created === undefined || acknowledged === undefined || resolved === undefined) throw new Error('nothing happened');

/** The log begins at second 0, and everything before second 15 has been seen. The acknowledgement is known. */
const snapshot = (isBaseline = false): Snapshot => ({
  header: { logStartMs: second(0), watermarkMs: second(15), source: 'timeline' },
  known: new Map([[acknowledged.key, { atMs: acknowledged.atMs, matchKey: acknowledged.matchKey, isBaseline }]]),
});
const everything: DiffInput = {
  source: 'timeline',
  events: [created, acknowledged, resolved],
  notes: [],
  serverTimeMs: second(60),
};
/** The same events as the incident lists name them. */
const inLists = everything.events.map((event) => ({ ...event, key: `list ${event.key}` }));

const cases: readonly {
  readonly name: string;
  readonly before: Snapshot | undefined;
  readonly input?: Partial<DiffInput>;
  readonly is: ReturnType<typeof caseOf>['name'];
  readonly delivers: readonly ObservedEvent[];
  readonly logStartMs: number;
}[] = [
  { name: 'the first poll', before: undefined, is: 'baseline', delivers: [], logStartMs: second(60) },
  { name: 'the next', before: snapshot(), is: 'incremental', delivers: [resolved], logStartMs: second(0) },
  {
    name: 'the next, when the baseline is known',
    before: snapshot(true),
    is: 'incremental',
    delivers: [resolved],
    logStartMs: second(0),
  },
  {
    name: 'a log that began after the watermark',
    before: { ...snapshot(), header: { ...snapshot().header, logStartMs: second(31) } },
    is: 'incremental',
    delivers: [],
    logStartMs: second(31),
  },
  {
    name: 'the other source',
    before: snapshot(),
    input: { source: 'lists', events: inLists },
    is: 'source-changed',
    delivers: inLists.slice(2),
    logStartMs: second(0),
  },
  {
    name: 'a backfill',
    before: snapshot(),
    input: { backfillToMs: second(-100) },
    is: 'backfill',
    delivers: [created, resolved],
    logStartMs: second(-100),
  },
  {
    name: 'a backfill, which delivers the baseline too',
    before: snapshot(true),
    input: { backfillToMs: second(-100) },
    is: 'backfill',
    delivers: [created, acknowledged, resolved],
    logStartMs: second(-100),
  },
  {
    name: 'a backfill from the other source',
    before: snapshot(),
    input: { backfillToMs: second(-100), source: 'lists', events: inLists },
    is: 'backfill',
    delivers: [...inLists.slice(0, 1), ...inLists.slice(2)],
    logStartMs: second(-100),
  },
  {
    name: 'a backfill of a log that is gone',
    before: undefined,
    input: { backfillToMs: second(20) },
    is: 'backfill',
    delivers: [acknowledged, resolved],
    logStartMs: second(20),
  },
  {
    name: 'a backfill to where the log begins, which is none',
    before: snapshot(),
    input: { backfillToMs: second(0) },
    is: 'incremental',
    delivers: [resolved],
    logStartMs: second(0),
  },
];

for (const { name, before, input, is, delivers, logStartMs } of cases) {
  t.test(`${is}: ${name}`, async (t) => {
    const given = { ...everything, ...input };
    t.equal(caseOf(before, given).name, is);
    const found = diff(before, given);
    t.strictSame(
      found.events.map(({ key }) => key),
      delivers.map(({ key }) => key),
    );
    t.equal(found.snapshot.header.logStartMs, logStartMs);
    t.equal([...found.snapshot.known.values()].at(-1)?.isBaseline, is === 'baseline');
  });
}

t.test('notes go into the log whatever their age, each event once, and what is too old is not kept', async (t) => {
  const [note] = eventsOf([{ second: -9_000, incident: 1, kind: 'created' }]);
  if (note === undefined) throw new Error('there is no note');
  const input = { ...everything, events: [resolved, resolved], notes: [note], serverTimeMs: second(145) };
  const { events, snapshot: after } = diff(snapshot(), input);
  t.strictSame(
    events.map(({ key, occurredAtMs }) => [key, occurredAtMs]),
    [
      [note.key, note.atMs],
      [resolved.key, resolved.atMs],
    ],
  );
  t.equal(after.header.watermarkMs, second(25));
  t.strictSame([...after.known.keys()], [resolved.key]);
});
