import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { benchFlood } from './flood.js';

/** Runs the benchmarks, prints a table, and writes it as JSON to bench/latest.json. */
const machine = { node: process.version, cores: cpus().length, cpu: cpus()[0]?.model ?? 'unknown' };
process.stdout.write(`Node ${machine.node}, ${machine.cores} cores, ${machine.cpu}\n\n`);

const flood = await benchFlood();
process.stdout.write('Flood: one connection is refused beside the normal calls of others   connector      bare\n');
for (const [label, field, digits] of [
  ['refused, each second', 'refusedEachSecond', 0],
  ['normal calls, p50 without the flood, ms', 'quietP50Ms', 2],
  ['normal calls, p50 under the flood, ms', 'floodedP50Ms', 2],
  ['normal calls, p99 without the flood, ms', 'quietP99Ms', 2],
  ['normal calls, p99 under the flood, ms', 'floodedP99Ms', 2],
] as const) {
  const values = [flood.connector[field], flood.bare[field]].map((value) => value.toFixed(digits).padStart(10));
  process.stdout.write(`  ${label.padEnd(62)}${values.join('')}\n`);
}
process.stdout.write(`  rise of the p99 under the flood, connector over bare: ${flood.p99RiseRatio.toFixed(2)}\n`);

writeFileSync(new URL('../../bench/latest.json', import.meta.url), `${JSON.stringify({ machine, flood }, null, 2)}\n`);
