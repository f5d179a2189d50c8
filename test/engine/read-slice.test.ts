import fc from 'fast-check';
import t from 'tap';
import { timestamp } from '../../src/engine/events.js';
import { type ReadPage, readSlice } from '../../src/engine/read-slice.js';
import type { LogEntry } from '../../src/pagerduty/models.js';

const startMs = Date.parse('2026-01-05T09:00:00Z');

interface Stored {
  readonly id: string;
  readonly atMs: number;
}

/** A log that answers as PagerDuty may: newest first, ties in any order, at most so many a page. */
function listing(
  stored: readonly Stored[],
  odd: {
    readonly maxLimit?: number;
    readonly tie?: () => number;
    readonly withoutTotal?: boolean;
    readonly ascending?: boolean;
    /** Empties the page with this number, and says that more follows. */
    readonly emptyPage?: number;
    readonly limit?: number;
  } = {},
) {
  let calls = 0;
  const readPage: ReadPage = async ({
    fromMs = 0,
    untilMs = Number.POSITIVE_INFINITY,
    offset,
    withTotal,
    maxItems,
  }) => {
    calls += 1;
    const asked = Math.min(odd.limit ?? 100, maxItems);
    const tied = stored
      .filter(({ atMs }) => atMs >= fromMs && atMs <= untilMs)
      .map((item, index) => ({ ...item, tie: odd.tie?.() ?? index }))
      .sort((a, b) => b.atMs - a.atMs || a.tie - b.tie);
    const all = odd.ascending === true ? tied.reverse() : tied;
    const limit = Math.min(asked, odd.maxLimit ?? asked);
    const cut = all.slice(offset, offset + limit);
    const items = calls === odd.emptyPage ? [] : cut.map(entryOf);
    const more = offset + limit < all.length || (calls === odd.emptyPage && cut.length > 0);
    const total = withTotal && odd.withoutTotal !== true ? all.length : undefined;
    return { page: { items, received: items.length, more, total, setAside: [], mended: [] }, asked };
  };
  return { readPage, calls: () => calls };
}

function entryOf({ id, atMs }: Stored): LogEntry {
  return { id, type: 'trigger_log_entry', created_at: timestamp(atMs), incident: { id: `P${id}` } };
}

/** Numbers by chance, the same ones for the same seed. */
function random(seed: number): () => number {
  let state = seed + 1;
  return () => {
    state = (state * 16_807) % 2_147_483_647;
    return state;
  };
}

const logs = fc
  .array(
    fc.tuple(
      fc.nat(30),
      fc.oneof({ weight: 6, arbitrary: fc.nat(8) }, { weight: 1, arbitrary: fc.integer({ min: 20, max: 60 }) }),
    ),
    {
      maxLength: 12,
    },
  )
  .map((bursts) =>
    bursts.flatMap(([second, count], burst) =>
      Array.from({ length: count }, (_, index) => ({ id: `R${burst}-${index}`, atMs: startMs + second * 1_000 })),
    ),
  );

t.test('a slice that is whole has every entry of it once, however the listing pages and orders ties', async () => {
  await fc.assert(
    fc.asyncProperty(
      logs,
      fc.record({
        limit: fc.integer({ min: 5, max: 25 }),
        maxLimit: fc.integer({ min: 5, max: 100 }),
        emptyPage: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 6 })),
        ascending: fc.boolean(),
      }),
      fc.nat(1_000_000),
      fc.option(fc.nat(30), { nil: undefined }),
      async (stored, odd, ties, untilSecond) => {
        const { readPage } = listing(stored, { ...odd, tie: random(ties) });
        const untilMs = untilSecond === undefined ? undefined : startMs + untilSecond * 1_000;
        const slice = { fromMs: startMs + 3_000, untilMs };
        const read = await readSlice(slice, readPage);
        const within = ({ atMs }: Stored) =>
          atMs >= read.readFromMs && atMs >= slice.fromMs && atMs <= (untilMs ?? atMs);
        const ids = read.entries.map(({ entry }) => entry.id);
        const expected = stored.filter(within).map(({ id }) => id);
        if (new Set(ids).size !== ids.length) throw new Error('an entry twice');
        const missing = expected.filter((id) => !ids.includes(id));
        // A listing that had to be read by offsets, and not to its end, gives no more than an estimate of how far it was.
        if (missing.length > 0 && (read.isWhole || (!odd.ascending && odd.emptyPage === 0)))
          throw new Error(`missing: ${missing.join(', ')}`);
        if (read.isWhole && read.readFromMs > slice.fromMs) throw new Error('whole, and not read from its start');
      },
    ),
    { numRuns: 400 },
  );
});

t.test('a slice with nothing in it costs one call', async (t) => {
  const { calls, readPage } = listing([]);
  const read = await readSlice({ fromMs: startMs, untilMs: undefined }, readPage);
  t.match(read, { entries: [], isWhole: true, newestMs: undefined });
  t.equal(calls(), 1);
});

t.test('a slice holds a bounded number of pages, and says from when on it was read', async (t) => {
  const stored = Array.from({ length: 2_000 }, (_, index) => ({ id: `R${index}`, atMs: startMs + index * 1_000 }));
  const { calls, readPage } = listing(stored);
  const read = await readSlice({ fromMs: startMs, untilMs: undefined }, readPage);
  t.notOk(read.isWhole);
  t.ok(calls() <= 6, `${calls()} pages`);
  t.ok(read.entries.length >= 500 && read.entries.length < 600);
  t.ok(read.readFromMs > startMs);
  const ids = new Set(read.entries.map(({ entry }) => entry.id));
  for (const { id, atMs } of stored) if (atMs >= read.readFromMs && !ids.has(id)) t.fail(`missing ${id}`);
});

t.test('a second with more entries than a page is read until PagerDuty’s count is reached', async (t) => {
  const stored = Array.from({ length: 250 }, (_, index) => ({ id: `R${index}`, atMs: startMs }));
  const tie = random(1);
  for (const withoutTotal of [false, true]) {
    const { readPage } = listing(stored, { withoutTotal, ...(withoutTotal ? {} : { tie }) });
    const read = await readSlice({ fromMs: startMs - 60_000, untilMs: undefined }, readPage);
    t.ok(read.isWhole);
    t.equal(read.entries.length, 250, withoutTotal ? 'two readings agree' : 'the count is reached');
    t.strictSame(read.crowdedSecondsMs, []);
  }
});

t.test('a second with more than PagerDuty pages to is said to be crowded', async (t) => {
  const stored = Array.from({ length: 10_050 }, (_, index) => ({ id: `R${index}`, atMs: startMs }));
  const { readPage } = listing([...stored, { id: 'before', atMs: startMs - 5_000 }]);
  const read = await readSlice({ fromMs: startMs - 60_000, untilMs: undefined }, readPage);
  t.strictSame(read.crowdedSecondsMs, [startMs]);
  t.ok(read.isWhole);
  t.equal(read.entries.length, 10_001);
});

t.test('an entry without a time that can be read has that of its neighbour', async (t) => {
  const entries = ['R3', 'R2', 'R1'].map((id, index) => entryOf({ id, atMs: startMs - index * 1_000 }));
  const odd = entries.map((entry) => (entry.id === 'R2' ? { ...entry, created_at: null } : entry));
  const read = await readSlice({ fromMs: startMs - 60_000, untilMs: undefined }, async () => ({
    page: { items: odd, received: 3, more: false, total: undefined, setAside: [], mended: [] },
    asked: 100,
  }));
  t.strictSame(
    read.entries.map(({ entry, atMs }) => `${entry.id} ${atMs - startMs}`),
    ['R3 0', 'R2 0', 'R1 -2000'],
  );
});
