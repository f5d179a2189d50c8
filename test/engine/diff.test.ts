import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { allowedLatenessMs, diff } from '../../src/engine/diff.js';
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

t.test('everything is told once, however late, in whatever order and however often it is listed', async () => {
  fc.assert(
    fc.property(life, pollSeconds, fc.infiniteStream(fc.nat()), (lived, polls, noise) => {
      const events = eventsOf(lived);
      const told: string[] = [];
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
        told.push(...found.events.map(({ key }) => key));
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
      assert.deepEqual([...told].sort(), owed.map(({ key }) => key).sort());
    }),
    { numRuns: 500 },
  );
});

t.test('events of one poll are told in the order of their time', async () => {
  fc.assert(
    fc.property(life, (lived) => {
      const before = { header: { logStartMs: 0, watermarkMs: 0, source: 'timeline' as const }, known: new Map() };
      const { events: told } = diff(before, {
        source: 'timeline',
        events: eventsOf(lived),
        notes: [],
        serverTimeMs: startMs + 900_000,
      });
      const times = told.map(({ occurredAtMs }) => occurredAtMs);
      assert.deepEqual(
        times,
        [...times].sort((a, b) => a - b),
      );
    }),
  );
});

t.test('where the source changes, what both know in other words is not told again', async (t) => {
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

t.test('reading back tells what is older than the log, from there on', async (t) => {
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
