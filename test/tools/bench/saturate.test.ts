import t from 'tap';
import { medianOf, type Saturation, saturationFigures } from '../../../tools/bench/saturate.js';

const round = (value: number): Saturation => ({
  callsEachSecond: value,
  p50Ms: value + 1,
  p99Ms: value + 2,
  cpuMicrosACall: value + 3,
  allocatedKibACall: value + 4,
  residentMib: value + 5,
  cores: value + 6,
});

t.test('a server is judged by the median of each figure', async (t) => {
  t.strictSame(medianOf([round(10), { ...round(1_000), p99Ms: 0 }, round(20)]), { ...round(20), p99Ms: 12 });
});

t.test('each figure stands beside the same one of the baseline, with its aim', async (t) => {
  const figures = saturationFigures('saturated', round(10), round(100), { callsEachSecond: 'ratio at least 0.5' });
  t.strictSame(figures[0], {
    name: 'saturated: throughput',
    unit: 'calls a second',
    connector: 10,
    baseline: 100,
    aim: 'ratio at least 0.5',
  });
  t.strictSame(
    figures.map(({ connector }) => connector).sort((one, other) => one - other),
    [10, 11, 12, 13, 14, 15, 16],
    'every figure once',
  );
  for (const { connector, baseline = 0 } of figures) t.equal(baseline - connector, 90);
});
