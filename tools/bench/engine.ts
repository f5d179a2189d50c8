import { type FleetCost, measureFleet, registerHosts, setUpstream } from './fleet.js';
import { pacedCalls } from './paced-calls.js';
import type { Extent, Figure, Report } from './report.js';
import { type Server, Stage } from './stage.js';

const latencyMs = 100;

/**
 * 10,000 connections with hosts on all five triggers, polled every 30 seconds in the background, by an upstream that
 * takes 100 ms; 1 % of them change within 30 seconds. The hosts register, and ask for nothing while it is measured:
 * what their own polls cost is measured by the poll path.
 */
export async function benchEngine(extent: Extent): Promise<Report> {
  const connections = extent.isQuick ? 20 : 10_000;
  const intervalSeconds = extent.isQuick ? 1 : 30;
  const stage = await Stage.open();
  try {
    const upstream = await stage.upstream();
    const service = await stage.service(upstream, { TRIGGER_POLL_SECONDS: `${intervalSeconds}` });
    const plan = { latencyMs, intervalMs: intervalSeconds * 1000, changingPercent: 1 };
    await setUpstream(upstream, plan);
    await registerHosts(
      service,
      Array.from({ length: connections }, (_, index) => `bench-${index}`),
    );
    // The second poll of a connection comes up to two intervals after its first; then all are in step.
    await measureFleet(service, upstream, 2 * intervalSeconds + 1);
    const busy = await measureFleet(service, upstream, extent.isQuick ? 2 : 40);
    await setUpstream(upstream, { ...plan, changingPercent: 0 });
    const idle = await measureFleet(service, upstream, extent.isQuick ? 1 : 15);
    await service.child.stop();
    const bareCpuMicros = await bareCost(await stage.bare(upstream), connections / intervalSeconds, extent);
    return {
      part: 'Engine',
      conditions: `${connections} connections with hosts on five triggers, each polled every ${intervalSeconds} s, upstream answering in ${latencyMs} ms; baseline: a bare route that makes a poll’s upstream call`,
      figures: [...fleetFigures('1 % change', busy, bareCpuMicros), ...fleetFigures('idle', idle, bareCpuMicros)],
    };
  } finally {
    await stage.close();
  }
}

/** The figures of connections that are polled in the background. */
export function fleetFigures(name: string, cost: FleetCost, bareCpuMicros?: number): Figure[] {
  const baseline = bareCpuMicros === undefined ? {} : { baseline: bareCpuMicros };
  return [
    { name: `${name}: CPU`, unit: 'µs a poll', connector: cost.cpuMicrosAPoll, ...baseline },
    { name: `${name}: CPU`, unit: 'cores', connector: cost.cores, aim: 'at most 0.6' },
    { name: `${name}: resident memory, most`, unit: 'MiB', connector: cost.residentMib, aim: 'at most 1024' },
    { name: `${name}: polls`, unit: 'seen', connector: cost.polls },
    { name: `${name}: late, p50`, unit: 'ms', connector: cost.lateP50Ms },
    { name: `${name}: late, p99`, unit: 'ms', connector: cost.lateP99Ms },
    { name: `${name}: late, most`, unit: 'ms', connector: cost.lateMostMs },
    { name: `${name}: more than 2 s late`, unit: '% of polls', connector: cost.latePercent, aim: 'none' },
  ];
}

/** CPU time for each call of a bare route that makes the same upstream call as often. */
async function bareCost(bare: Server, callsEachSecond: number, extent: Extent): Promise<number> {
  const pace = { method: 'GET', expectedStatus: 200, callsEachSecond } as const;
  const call = () => ({ url: `${bare.url}/log_entries?since=2026-11-21T00:00:00Z&offset=0&limit=100`, key: 'bench-0' });
  await pacedCalls({ ...pace, seconds: extent.isQuick ? 0.2 : 3, call });
  const before = await bare.child.usage();
  const latencies = await pacedCalls({ ...pace, seconds: extent.isQuick ? 0.5 : 6, call });
  return (1000 * ((await bare.child.usage()).cpuMs - before.cpuMs)) / latencies.length;
}
