import t from 'tap';
import { judgeGrowth } from '../../../tools/soak/judge-growth.js';
import type { Sample } from '../../../tools/soak/sample.js';

/** Two lives, the last of 200 samples; what differs between them is said by each sample's index. */
function samples(of: (index: number) => Partial<Sample>): Sample[] {
  const level = { residentMib: 130, liveHeapMib: 40, handles: 50, databaseMib: 0, happened: 0, loopDelayP99Ms: 5 };
  const first = Array.from({ length: 20 }, (_, index) => ({ ...level, residentMib: 900, atSeconds: index, life: 1 }));
  const last = Array.from({ length: 200 }, (_, index) => {
    const steady = { ...level, happened: 10 * index, databaseMib: 5 + index };
    return { ...steady, atSeconds: 20 + 5 * index, life: 2, ...of(index) };
  });
  return [...first, ...last];
}

function growing(of: (index: number) => Partial<Sample>): string[] {
  return (judgeGrowth(samples(of)) ?? []).filter(({ grows }) => grows).map(({ name }) => name);
}

t.test('a series that rises steadily grows, whichever it is', async (t) => {
  t.strictSame(
    growing((index) => ({ residentMib: 130 + index / 4 })),
    ['resident memory'],
  );
  t.strictSame(
    growing((index) => ({ liveHeapMib: 40 + index / 10 + (index % 8) })),
    ['live heap'],
  );
  t.strictSame(
    growing((index) => ({ handles: 50 + Math.floor(index / 5) })),
    ['handles'],
  );
  t.strictSame(
    growing((index) => ({ loopDelayP99Ms: 5 + index / 2 })),
    ['event loop held up, p99'],
  );
  t.strictSame(
    growing((index) => ({ databaseMib: 5 + index + index ** 2 / 100 })),
    ['database'],
    'where events take more and more',
  );
});

t.test('a series that rises late grows too', async (t) => {
  t.strictSame(
    growing((index) => ({ residentMib: index < 160 ? 130 : 200 })),
    ['resident memory'],
  );
});

t.test('noise, one outlier, a warm-up, and a life before are no growth', async (t) => {
  t.strictSame(
    growing(() => ({})),
    [],
    'nor a database that grows by what happens',
  );
  t.strictSame(
    growing((index) => ({ residentMib: 130 + ((index * 37) % 40) })),
    [],
    'noise',
  );
  t.strictSame(
    growing((index) => ({ handles: index === 190 ? 5_000 : 50 })),
    [],
    'an outlier',
  );
  t.strictSame(
    growing((index) => ({ residentMib: 200 - 100 * Math.exp(-index / 20) })),
    [],
    'a warm-up that levels off',
  );
});

t.test('what was too short is not judged', async (t) => {
  t.equal(judgeGrowth(samples(() => ({})).slice(0, 20 + 40)), undefined);
  t.equal(judgeGrowth(samples(() => ({})).slice(0, 30)), undefined);
  t.equal(judgeGrowth([]), undefined);
});
