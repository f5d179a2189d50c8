import fc from 'fast-check';
import t from 'tap';
import { afterReading, boundMs, settledMs } from '../../src/engine/evidence.js';

const newestMs = Date.parse('2026-01-05T09:00:00Z');
const latenessMs = 120_000;
const seen = { newestMs, seenAtMs: 5_000 };

for (const [name, quietMs, expectedMs] of [
  ['at once', 0, -120_000],
  ['after a minute', 60_000, -60_000],
  ['after part of a millisecond', 0.9, -120_000],
  ['after as long as things are late', 120_000, 0],
  ['after a second more', 121_000, 1_000],
  ['after a day: what comes next may be dated right behind it', 86_400_000, 1_000],
] as const) {
  t.test(`how far the past is settled once nothing newer comes: ${name}`, async (t) => {
    t.equal(settledMs(seen, seen.seenAtMs + quietMs, latenessMs) - newestMs, expectedMs);
  });
}

t.test('nothing that is listed in time is dated before what was settled', async () => {
  // PagerDuty's clock is as far from the monotonic one as it likes; what is to come is listed at most so late.
  const input = fc.record({
    newestMs: fc.nat(1e6),
    lateMs: fc.nat(latenessMs),
    quietMs: fc.nat(1e6),
    ageMs: fc.nat(1e6),
  });
  fc.assert(
    fc.property(input, ({ newestMs, lateMs, quietMs, ageMs }) => {
      const listedMs = newestMs + ageMs + quietMs;
      const datedMs = listedMs - lateMs;
      const evidence = { newestMs, seenAtMs: 0 };
      // Right behind the newest: a second that is over has no more to come.
      if (datedMs > newestMs && datedMs < newestMs + 1_000) return;
      if (settledMs(evidence, quietMs, latenessMs) > datedMs) throw new Error('it was taken for settled');
    }),
  );
});

t.test('only something newer is evidence', async (t) => {
  t.equal(afterReading(undefined, undefined, 7), undefined);
  t.strictSame(afterReading(undefined, newestMs, 7), { newestMs, seenAtMs: 7 });
  t.equal(afterReading(seen, undefined, 9_000), seen);
  t.equal(afterReading(seen, newestMs, 9_000), seen, 'the quiet time goes on');
  t.equal(afterReading(seen, newestMs - 1_000, 9_000), seen);
  t.strictSame(afterReading(seen, newestMs + 1, 9_000), { newestMs: newestMs + 1, seenAtMs: 9_000 });
});

t.test('the present is bounded by the later of two clocks', async (t) => {
  t.equal(boundMs(1_000, 2_000), 2_000);
  t.equal(boundMs(2_000, 1_000), 2_000);
  t.equal(boundMs(2_000, undefined), 2_000);
});
