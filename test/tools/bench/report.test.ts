import t from 'tap';
import { renderReport, reportAsJson } from '../../../tools/bench/report.js';

const report = {
  part: 'Action path',
  conditions: 'against a bare route',
  figures: [
    { name: 'CPU', unit: 'µs a call', connector: 230, baseline: 115, aim: 'at most 90 µs added' },
    { name: 'late', unit: 'ms', connector: 12.34 },
  ],
};

t.test('a table has each figure with its baseline, their ratio and their difference', async (t) => {
  const lines = renderReport(report).split('\n');
  t.equal(lines[0], 'Action path: against a bare route');
  t.match(lines[2], /CPU, µs a call +230 +115 +2\.00 +115 +aim: at most 90 µs added$/);
  t.match(lines[3], /late, ms +12\.3$/, 'without a baseline there is no ratio');
});

t.test('the JSON has the ratio too', async (t) => {
  t.strictSame(reportAsJson(report), {
    ...report,
    figures: [{ ...report.figures[0], ratio: 2 }, report.figures[1]],
  });
});
