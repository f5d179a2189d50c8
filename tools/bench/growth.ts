import { type FleetCost, measureFleet, registerHosts, setUpstream } from './fleet.js';
import type { Extent, Figure, Report } from './report.js';
import { Stage } from './stage.js';

/** So few connections are polled every second, so that what is measured is polls and not the idle process. */
const fleets = [
  { connections: 100, intervalSeconds: 1 },
  { connections: 1_000, intervalSeconds: 3 },
];
/** Connections that may not read the timeline, so that every poll reads all of their open incidents. */
const listReaders = [
  { open: 10, connections: 50 },
  { open: 100, connections: 20 },
  { open: 1_000, connections: 5 },
  { open: 10_000, connections: 1 },
];

/** How the cost of a poll grows with the number of connections, and with that of open incidents; idle and busy. */
export async function benchGrowth(extent: Extent): Promise<Report> {
  const figures: Figure[] = [];
  for (const { connections, intervalSeconds } of extent.isQuick ? fleets.slice(0, 1) : fleets) {
    const keys = Array.from({ length: connections }, (_, index) => `bench-${index}`);
    const costs = await measure(
      { keys, intervalSeconds, name: `${connections} connections`, changingPercent: 1 },
      extent,
    );
    figures.push(...costs);
  }
  for (const { connections, open } of extent.isQuick ? listReaders.slice(0, 1) : listReaders) {
    const keys = Array.from({ length: connections }, (_, index) => `bench-lists-${index}-${open}`);
    const fleet = { keys, intervalSeconds: 1, name: `${open} open incidents in the lists`, changingPercent: 10 };
    figures.push(...(await measure(fleet, extent)));
  }
  return {
    part: 'Growth',
    conditions: 'background polls; busy: 1 % of the connections, or 10 % of the open incidents, change within 30 s',
    figures,
  };
}

async function measure(
  fleet: {
    readonly keys: readonly string[];
    readonly intervalSeconds: number;
    readonly name: string;
    readonly changingPercent: number;
  },
  extent: Extent,
): Promise<Figure[]> {
  const stage = await Stage.open();
  try {
    const upstream = await stage.upstream();
    const { intervalSeconds, keys, name } = fleet;
    const service = await stage.service(upstream, { TRIGGER_POLL_SECONDS: `${intervalSeconds}` });
    const plan = { latencyMs: 0, intervalMs: intervalSeconds * 1000, changingPercent: 0 };
    await setUpstream(upstream, plan);
    await registerHosts(service, keys, ['/trigger2/incidents']);
    const seconds = extent.isQuick ? 1 : extent.secondsEach;
    await measureFleet(service, upstream, extent.isQuick ? 1 : 2 * intervalSeconds + 1);
    const idle = await measureFleet(service, upstream, seconds);
    await setUpstream(upstream, { ...plan, changingPercent: fleet.changingPercent });
    await measureFleet(service, upstream, extent.isQuick ? 1 : 2);
    const busy = await measureFleet(service, upstream, seconds);
    return [...figuresOf(`${name}, idle`, idle), ...figuresOf(`${name}, busy`, busy)];
  } finally {
    await stage.close();
  }
}

function figuresOf(name: string, cost: FleetCost): Figure[] {
  return [
    { name: `${name}: CPU`, unit: 'ms a poll', connector: cost.cpuMicrosAPoll / 1000 },
    { name: `${name}: resident memory, most`, unit: 'MiB', connector: cost.residentMib },
  ];
}
