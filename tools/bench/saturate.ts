import { Compile } from 'typebox/compile';
import { type Child, runChild } from './child.js';
import { LoadOutcome, type LoadPlan } from './load-plan.js';
import { median } from './percentiles.js';
import type { Figure } from './report.js';

const outcomeOf = Compile(LoadOutcome);

/** What a server does while it is sent as much as it answers. */
export interface Saturation {
  readonly callsEachSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU time of the whole process for each call. */
  readonly cpuMicrosACall: number;
  /** What each call put on the JavaScript heap. */
  readonly allocatedKibACall: number;
  readonly residentMib: number;
  /** CPU time over time: 1 is one core. Far below it, something else was the bottleneck. */
  readonly cores: number;
}

/** Puts a server under load from another process. @throws {Error} if an answer has another status than expected */
export async function saturate(server: Child, plan: LoadPlan, expectedStatus: number): Promise<Saturation> {
  const before = await server.usage();
  const outcome = outcomeOf.Parse(JSON.parse(await runChild('tools/bench/load.ts', [JSON.stringify(plan)])));
  const after = await server.usage();
  const expected = outcome.statuses[expectedStatus] ?? 0;
  if (expected === 0 || expected < outcome.answers || outcome.failures > 0) {
    throw new Error(`expected ${expectedStatus} only, got ${JSON.stringify(outcome)}`);
  }
  const cpuMs = after.cpuMs - before.cpuMs;
  return {
    callsEachSecond: outcome.answersEachSecond,
    p50Ms: outcome.p50Ms,
    p99Ms: outcome.p99Ms,
    cpuMicrosACall: (1000 * cpuMs) / outcome.answers,
    allocatedKibACall: (after.allocatedBytes - before.allocatedBytes) / 1024 / outcome.answers,
    residentMib: after.residentBytes / 1024 / 1024,
    cores: (cpuMs / 1000 / outcome.answers) * outcome.answersEachSecond,
  };
}

/** The median of each figure. */
export function medianOf(rounds: readonly Saturation[]): Saturation {
  const of = (field: keyof Saturation) => median(rounds.map((round) => round[field]));
  return {
    callsEachSecond: of('callsEachSecond'),
    p50Ms: of('p50Ms'),
    p99Ms: of('p99Ms'),
    cpuMicrosACall: of('cpuMicrosACall'),
    allocatedKibACall: of('allocatedKibACall'),
    residentMib: of('residentMib'),
    cores: of('cores'),
  };
}

/** The figures of a server beside those of its baseline: throughput and CPU first. */
export function saturationFigures(
  name: string,
  connector: Saturation,
  baseline: Saturation,
  aims: Partial<Record<keyof Saturation, string>> = {},
): Figure[] {
  const figure = (label: string, unit: string, field: keyof Saturation): Figure => {
    const aim = aims[field];
    const figures = { connector: connector[field], baseline: baseline[field] };
    return { name: `${name}: ${label}`, unit, ...figures, ...(aim === undefined ? {} : { aim }) };
  };
  return [
    figure('throughput', 'calls a second', 'callsEachSecond'),
    figure('CPU', 'µs a call', 'cpuMicrosACall'),
    figure('p50', 'ms', 'p50Ms'),
    figure('p99', 'ms', 'p99Ms'),
    figure('heap allocated', 'KiB a call', 'allocatedKibACall'),
    figure('resident memory', 'MiB', 'residentMib'),
    figure('cores in use', '1 is one core', 'cores'),
  ];
}
