import fc from 'fast-check';
import t from 'tap';
import { Frontier } from '../../src/engine/frontier.js';

const at = Frontier.at(100_000);

t.test('a frontier moves behind a slice that was read to its end', async (t) => {
  t.equal(at.afterSlice({ fromMs: 100_000, readToMs: 130_000 }).ms, 130_000);
  t.equal(at.afterSlice({ fromMs: 40_000, readToMs: 130_000 }).ms, 130_000, 'what overlaps is read again');
});

t.test('a frontier does not pass over what nobody has read', async (t) => {
  t.throws(() => at.afterSlice({ fromMs: 100_001, readToMs: 130_000 }), /expected a slice from 100000 or before/);
});

t.test('a host’s frontier moves up to what waits for it, or the log’s own', async (t) => {
  t.equal(at.afterPage({ logMs: 130_000 }).ms, 130_000);
  t.equal(at.afterPage({ logMs: 130_000, earliestWaitingMs: 120_000 }).ms, 120_000);
  t.equal(at.afterPage({ logMs: 130_000, earliestWaitingMs: 140_000 }).ms, 130_000);
});

t.test('no frontier ever moves back, and what it moved over was read', async () => {
  const times = fc.oneof(fc.nat(100), fc.constant(Number.NEGATIVE_INFINITY));
  const steps = fc.array(
    fc.oneof(
      fc.record({ fromMs: fc.nat(100), readToMs: times }),
      fc.record({ logMs: times, earliestWaitingMs: fc.option(times, { nil: undefined }) }),
    ),
  );
  fc.assert(
    fc.property(fc.nat(100), steps, (startMs, all) => {
      let frontier = Frontier.at(startMs);
      for (const step of all) {
        const before = frontier.ms;
        if ('fromMs' in step && step.fromMs > before) continue;
        frontier = 'fromMs' in step ? frontier.afterSlice(step) : frontier.afterPage(step);
        const reached = 'fromMs' in step ? step.readToMs : Math.min(step.logMs, step.earliestWaitingMs ?? step.logMs);
        if (frontier.ms !== Math.max(before, reached)) throw new Error(`from ${before} to ${frontier.ms}`);
      }
    }),
  );
});
