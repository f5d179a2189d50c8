import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { findNews, latenessMs } from '../../src/engine/find-news.js';
import { aliasOf, type Happening, type Source } from '../../src/engine/happening.js';
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

function happeningsOf(events: readonly { second: number; incident: number; kind: Happening['kind'] }[]): Happening[] {
  return events.map(({ second, incident, kind }, index) => {
    const named = { kind, incidentId: `P${incident}`, subject: `P${incident}` };
    const atMs = startMs + second * 1000;
    return { ...named, key: `${kind} ${index}`, alias: aliasOf(named, atMs), atMs, payload: { id: `P${incident}` } };
  });
}

t.test('everything is told once, however late, in whatever order and however often it is listed', async () => {
  fc.assert(
    fc.property(life, pollSeconds, fc.infiniteStream(fc.nat()), (events, polls, noise) => {
      const happenings = happeningsOf(events);
      const told: string[] = [];
      let snapshot: Snapshot | undefined;
      let nowMs = startMs;
      for (const seconds of [0, ...polls, 200, 200]) {
        nowMs += seconds * 1000;
        const horizonMs = snapshot?.header.horizonMs ?? nowMs - latenessMs;
        const listed = happenings.filter(
          ({ atMs }, index) => atMs >= horizonMs && atMs + (events[index]?.lateSeconds ?? 0) * 1000 <= nowMs,
        );
        // In no order at all, and some of it twice, as a listing that shifts while it is read.
        const shuffled = listed.map((one) => ({ one, place: noise.next().value })).sort((a, b) => a.place - b.place);
        const seen = [...shuffled, ...shuffled.slice(0, 3)].map(({ one }) => one);
        const difference = findNews(snapshot, { source: 'timeline', happenings: seen, notes: [], serverTimeMs: nowMs });
        told.push(...difference.events.map(({ key }) => key));
        snapshot = difference.snapshot;
        // A snapshot shrinks: it knows nothing of what was before its horizon.
        const { header, known } = snapshot;
        assert.ok([...known.values()].every(({ atMs }) => atMs >= header.horizonMs));
      }
      const last = nowMs;
      // What is listed at the very first poll is the silent baseline, and so is what was before it.
      const owed = happenings.filter(({ atMs }, index) => {
        const listedAtMs = atMs + (events[index]?.lateSeconds ?? 0) * 1000;
        return atMs >= startMs && listedAtMs > startMs && listedAtMs <= last;
      });
      assert.deepEqual([...told].sort(), owed.map(({ key }) => key).sort());
    }),
    { numRuns: 500 },
  );
});

t.test('events of one poll are told in the order of their time', async () => {
  fc.assert(
    fc.property(life, (events) => {
      const before = { header: { coverageMs: 0, horizonMs: 0, source: 'timeline' as const }, known: new Map() };
      const { events: told } = findNews(before, {
        source: 'timeline',
        happenings: happeningsOf(events),
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
  const [timeline] = happeningsOf([{ second: 10, incident: 1, kind: 'acknowledged' }]);
  const [lists] = happeningsOf([{ second: 11, incident: 1, kind: 'acknowledged' }]);
  const [other] = happeningsOf([{ second: 14, incident: 1, kind: 'acknowledged' }]);
  if (timeline === undefined || lists === undefined || other === undefined) throw new Error('nothing happened');
  const poll = (before: Snapshot | undefined, source: Source, happenings: Happening[], second: number) =>
    findNews(before, { source, happenings, notes: [], serverTimeMs: startMs + second * 1000 });
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
  const happenings = happeningsOf([
    { second: -500, incident: 1, kind: 'created' },
    { second: -100, incident: 2, kind: 'created' },
    { second: -20, incident: 3, kind: 'created' },
  ]);
  const baseline = findNews(undefined, { source: 'timeline', happenings: [], notes: [], serverTimeMs: startMs });
  const readBackToMs = startMs - 200_000;
  const serverTimeMs = startMs + 30_000;
  const { events, snapshot } = findNews(baseline.snapshot, {
    source: 'timeline',
    happenings,
    notes: [],
    serverTimeMs,
    readBackToMs,
  });
  t.strictSame(
    events.map(({ key }) => key),
    ['created 1', 'created 2'],
  );
  t.equal(snapshot.header.coverageMs, readBackToMs);
});
