import fc from 'fast-check';
import t from 'tap';
import { candidates, type Known, keysOf, knownAfter, loggedEvent, newsOf } from '../../src/engine/diff.js';
import { type ObservedEvent, type Source, timestamp } from '../../src/engine/events.js';
import { listEvents } from '../../src/engine/read-lists.js';
import { timelineEvents } from '../../src/engine/read-timeline.js';
import type { KnownEvent, SnapshotHeader } from '../../src/engine/snapshot.js';

const startMs = Date.parse('2026-01-05T09:00:00Z');
const header: SnapshotHeader = { logStartMs: startMs, timelineMs: startMs, source: 'timeline', newestMs: startMs };
const event = (name: string, second = 10): ObservedEvent => ({
  key: `acknowledged ${name}`,
  matchKey: `acknowledged P${name}  ${startMs / 1_000 + second}`,
  kind: 'acknowledged',
  subject: `P${name}`,
  incidentId: `P${name}`,
  atMs: startMs + second * 1_000,
  payload: { id: `P${name}` },
});
const knownOf = (observed: readonly ObservedEvent[], source: Source = 'timeline') =>
  knownAfter(new Map(), { observed, source, header });
const against = (known: ReadonlyMap<string, KnownEvent>, others: Partial<Known> = {}): Known => ({
  snapshot: { header, known },
  fromMs: startMs,
  source: 'timeline',
  ...others,
});

t.test('what may be news is neither known nor from before the log, and comes once', async (t) => {
  const [a, b, old] = [event('A'), event('B'), event('C', -1)];
  t.strictSame(candidates(against(knownOf([a])), [a, b, b, old]), [b]);
  t.strictSame(candidates(against(new Map(), { fromMs: old.atMs }), [old]), [old]);
});

/** An acknowledgement as each source tells of it. */
function acknowledgement(entryId: string, second: number, { by = 'U1', lagSeconds = 0, incidentId = 'P1' } = {}) {
  const atMs = startMs + second * 1_000;
  const incident = { id: incidentId, status: 'acknowledged', incident_number: 1 };
  const entry = { id: entryId, type: 'acknowledge_log_entry', agent: { id: by }, incident };
  const [timeline] = timelineEvents([{ entry, atMs }], { withListKeys: true });
  const at = timestamp(atMs + lagSeconds * 1_000);
  const [lists] = listEvents([{ ...incident, acknowledgements: [{ at, acknowledger: { id: by } }] }]);
  if (timeline === undefined || lists === undefined) throw new Error('both tell of it');
  return { timeline, lists };
}

for (const lagSeconds of [-1, 0, 1]) {
  t.test(`both sources may date an event ${lagSeconds} s apart, and it is one`, async (t) => {
    const { timeline, lists } = acknowledgement('R1', 10, { lagSeconds });
    t.strictSame(candidates(against(knownOf([timeline]), { source: 'lists' }), [lists]), [], 'the lists second');
    t.strictSame(candidates(against(knownOf([lists], 'lists')), [timeline]), [timeline], 'the timeline second');
    const unlogged = new Set(keysOf(timeline).filter((key) => key !== lists.key));
    t.strictSame(newsOf([timeline], unlogged), [], 'and the lists’ name is in the log alone');
    t.strictSame(newsOf([timeline], new Set(keysOf(timeline))), [timeline]);
  });
}

t.test('what the lists tell is another event two seconds later, or of something else', async (t) => {
  const known = knownOf([acknowledgement('R1', 10).timeline]);
  for (const { lists } of [acknowledgement('', 12), acknowledgement('', 10, { incidentId: 'P2' })]) {
    t.strictSame(candidates(against(known, { source: 'lists' }), [lists]), [lists]);
  }
});

t.test('of two events of one second the lists have told one', async (t) => {
  const [one, two] = [acknowledgement('R1', 10), acknowledgement('R2', 10)];
  const both = [one.timeline, two.timeline];
  const unlogged = new Set(both.flatMap(keysOf).filter((key) => key !== one.lists.key));
  t.strictSame(newsOf(both, unlogged), [two.timeline]);
});

t.test('what the lists show is not known because the timeline has told another that looks the same', async (t) => {
  const [one, two] = [acknowledgement('R1', 10), acknowledgement('R2', 10, { by: 'U2' })];
  const known = knownOf([one.timeline]);
  const observed = [one.lists, two.lists];
  t.strictSame(candidates(against(known, { source: 'lists' }), observed), []);
  const after = knownAfter(known, { observed, source: 'lists', header });
  t.strictSame([...after.keys()], [one.timeline.key]);
  t.strictSame(candidates(against(after), [one.timeline, two.timeline]), [two.timeline], 'it comes with the timeline');
});

t.test('what every poll sees again is known, and older things are not', async (t) => {
  const moved = { ...header, timelineMs: startMs + 300_000, newestMs: startMs + 400_000 };
  const after = (before: ReadonlyMap<string, KnownEvent>, observed: readonly ObservedEvent[], of = moved) =>
    [...knownAfter(before, { observed, source: 'timeline', header: of }).keys()].sort();
  const [old, edge, recent] = [event('A', 279), event('B', 280), event('C', 350)];
  t.strictSame(after(new Map(), [old, edge, recent]), [edge.key, recent.key], 'by lateness');
  const behind = { ...moved, timelineMs: startMs + 200_000 };
  t.strictSame(after(new Map(), [old, event('D', 199)], behind), [old.key], 'by the frontier');
  t.strictSame(after(knownOf([old, recent]), []), [recent.key], 'and forgotten then');
});

t.test('an event goes into the log with its object', async (t) => {
  t.strictSame(loggedEvent(event('A')), {
    key: 'acknowledged A',
    kind: 'acknowledged',
    subject: 'PA',
    occurredAtMs: startMs + 10_000,
    payload: '{"id":"PA"}',
  });
});

/** A log, and what a process knows, through readings of which each sees some events, in any order, some twice. */
class Log {
  readonly keys: string[] = [];
  #known: ReadonlyMap<string, KnownEvent> = new Map();
  #header = header;

  read(source: Source, observed: readonly ObservedEvent[], moved: Partial<SnapshotHeader> = {}): void {
    const snapshot = { header: this.#header, known: this.#known };
    const possible = candidates({ snapshot, fromMs: startMs, source }, observed);
    const unlogged = new Set(possible.flatMap(keysOf).filter((key) => !this.keys.includes(key)));
    for (const { key } of newsOf(possible, unlogged)) this.keys.push(key);
    this.#header = { ...this.#header, ...moved };
    this.#known = knownAfter(this.#known, { observed, source, header: this.#header });
  }

  /** The process dies, and all that it knew but the log: or another one reads on. */
  forget(): void {
    this.#known = new Map();
  }
}

t.test('each event goes into the log once, in whatever order and however often it is read', async () => {
  const readings = fc.array(
    fc.record({ seen: fc.array(fc.nat(5)), frontier: fc.nat(60), newest: fc.nat(600), isForgotten: fc.boolean() }),
  );
  fc.assert(
    fc.property(readings, fc.array(fc.nat(3), { minLength: 6, maxLength: 6 }), (all, seconds) => {
      const events = seconds.map((second, index) => acknowledgement(`R${index}`, second).timeline);
      const log = new Log();
      const pick = (index: number) => events.slice(index, index + 1);
      for (const { seen, frontier, newest, isForgotten } of all) {
        if (isForgotten) log.forget();
        const moved = { timelineMs: startMs + frontier * 100, newestMs: startMs + newest * 1_000 };
        log.read('timeline', seen.flatMap(pick), moved);
      }
      const expected = new Set(all.flatMap(({ seen }) => seen.flatMap(pick)).map(({ key }) => key));
      if (log.keys.length !== expected.size || log.keys.some((key) => !expected.has(key)))
        throw new Error(`${log.keys.join(', ')} instead of ${[...expected].join(', ')}`);
    }),
    { numRuns: 500 },
  );
});

t.test('each event goes into the log once, from whichever source it is read', async () => {
  const readings = fc.array(fc.record({ isTimeline: fc.boolean(), seen: fc.array(fc.nat(5)) }));
  const lags = fc.array(fc.integer({ min: -1, max: 1 }), { minLength: 6, maxLength: 6 });
  fc.assert(
    fc.property(readings, lags, (all, lagSeconds) => {
      // One incident is acknowledged by the same user again and again, some seconds apart.
      const events = lagSeconds.map((lag, index) => acknowledgement(`R${index}`, 10 + index * 4, { lagSeconds: lag }));
      const log = new Log();
      for (const { isTimeline, seen } of all) {
        const picked = seen.flatMap((index) => events.slice(index, index + 1));
        log.read(
          isTimeline ? 'timeline' : 'lists',
          picked.map((one) => (isTimeline ? one.timeline : one.lists)),
        );
      }
      const numbers = new Set(all.flatMap(({ seen }) => seen));
      for (const [index, { timeline, lists }] of events.entries()) {
        const times = log.keys.filter((key) => key === timeline.key || key === lists.key).length;
        if (times !== (numbers.has(index) ? 1 : 0)) throw new Error(`event ${index} is there ${times} times`);
      }
    }),
    { numRuns: 500 },
  );
});
