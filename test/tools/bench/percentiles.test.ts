import t from 'tap';
import { median, percentile } from '../../../tools/bench/percentiles.js';

t.test('a percentile is the value below which that part of the values lies', async (t) => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);
  t.equal(percentile(values, 0.5), 51);
  t.equal(percentile(values, 0.99), 100);
  t.equal(percentile(values, 1), 100, 'the largest at the end');
  t.equal(percentile([7], 0.99), 7);
  t.equal(percentile([], 0.5), 0, 'nothing of nothing');
  t.equal(values[0], 100, 'the values keep their order');
});

t.test('a median is not moved by one round that went wrong', async (t) => {
  t.equal(median([3, 1_000, 2]), 3);
});
