import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { benchAction } from './action.js';
import { benchEngine } from './engine.js';
import { benchFlood } from './flood.js';
import { benchGrowth } from './growth.js';
import { benchParse } from './parse.js';
import { benchPoll } from './poll.js';
import { type Extent, type Report, renderReport, reportAsJson } from './report.js';

/** Runs the benchmarks, or those that are named, prints a table of each, and writes all as JSON. */
const parts: Readonly<Record<string, (extent: Extent) => Promise<Report>>> = {
  action: benchAction,
  poll: benchPoll,
  engine: benchEngine,
  growth: benchGrowth,
  parse: benchParse,
  flood: benchFlood,
};
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'string', default: fileURLToPath(new URL('latest.json', import.meta.url)) },
    quick: { type: 'boolean', default: false },
  },
});
const unknown = positionals.find((name) => !Object.hasOwn(parts, name));
if (unknown !== undefined) {
  process.stderr.write(`expected parts of ${Object.keys(parts).join(', ')}, got ${unknown}\n`);
  process.exit(2);
}
const extent = values.quick
  ? { rounds: 1, secondsEach: 0.2, isQuick: true }
  : { rounds: 3, secondsEach: 6, isQuick: false };

const machine = { node: process.version, cores: cpus().length, cpu: cpus()[0]?.model ?? 'unknown' };
process.stdout.write(
  `Node ${machine.node}, ${machine.cores} cores, ${machine.cpu}; medians of ${extent.rounds} rounds\n`,
);
if (extent.isQuick) process.stdout.write('A quick run shows that everything runs. Its figures mean nothing.\n');

const reports: Report[] = [];
for (const [name, bench] of Object.entries(parts)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const report = await bench(extent);
  reports.push(report);
  process.stdout.write(`\n${renderReport(report)}`);
}
const written = { takenAt: new Date().toISOString(), machine, extent, reports: reports.map(reportAsJson) };
writeFileSync(values.json, `${JSON.stringify(written, null, 2)}\n`);
