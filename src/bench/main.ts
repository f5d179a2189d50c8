import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { benchFlood } from './flood.js';

/** Runs the benchmarks, prints a table, and writes it as JSON to bench/latest.json. */
const machine = { node: process.version, cores: cpus().length, cpu: cpus()[0]?.model ?? 'unknown' };
process.stdout.write(`Node ${machine.node}, ${machine.cores} cores, ${machine.cpu}\n\n`);

const flood = await benchFlood();
process.stdout.write('Flood: one connection is refused beside the normal calls of others\n');
row('refused, each second', flood.refusedEachSecond, 0);
row('normal calls, p50 without the flood, ms', flood.quietP50Ms, 2);
row('normal calls, p50 under the flood, ms', flood.floodedP50Ms, 2);
row('normal calls, p99 without the flood, ms', flood.quietP99Ms, 2);
row('normal calls, p99 under the flood, ms', flood.floodedP99Ms, 2);
row('ratio of the p99s', flood.p99Ratio, 2);

writeFileSync(new URL('../../bench/latest.json', import.meta.url), `${JSON.stringify({ machine, flood }, null, 2)}\n`);

function row(label: string, value: number, digits: number): void {
  process.stdout.write(`  ${label.padEnd(44)}${value.toFixed(digits).padStart(10)}\n`);
}
