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

t.test('a host’s frontier moves to where the host has all of the log, and not back', async (t) => {
  t.equal(at.afterPage(130_000).ms, 130_000);
  t.equal(at.afterPage(90_000).ms, 100_000);
  t.equal(at.afterPage(Number.NEGATIVE_INFINITY).ms, 100_000, 'nothing is whole yet');
});

t.test('no frontier ever moves back, and what it moved over was read', async () => {
  const times = fc.oneof(fc.nat(100), fc.constant(Number.NEGATIVE_INFINITY));
  const steps = fc.array(
    fc.oneof(fc.record({ fromMs: fc.nat(100), readToMs: times }), fc.record({ wholeToMs: times })),
  );
  fc.assert(
    fc.property(fc.nat(100), steps, (startMs, all) => {
      let frontier = Frontier.at(startMs);
      for (const step of all) {
        const before = frontier.ms;
        if ('fromMs' in step && step.fromMs > before) continue;
        frontier = 'fromMs' in step ? frontier.afterSlice(step) : frontier.afterPage(step.wholeToMs);
        const reached = 'fromMs' in step ? step.readToMs : step.wholeToMs;
        if (frontier.ms !== Math.max(before, reached)) throw new Error(`from ${before} to ${frontier.ms}`);
      }
    }),
  );
});
