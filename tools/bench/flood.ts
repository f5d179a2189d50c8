import { setTimeout as delay } from 'node:timers/promises';
import { Compile } from 'typebox/compile';
import { runChild } from './child.js';
import { LoadOutcome, type LoadPlan } from './load-plan.js';
import { pacedCalls } from './paced-calls.js';
import { median, percentile } from './percentiles.js';
import type { Extent, Figure, Report } from './report.js';
import { type Server, Stage } from './stage.js';

const callsEachSecond = 50;
const floodEachSecond = 10_000;
/** Each connection has 30 calls a minute, so the normal calls come from many connections, each within its limit. */
const callsOfOneKey = 25;
const flooder = 'bench-flooder';
const outcomeOf = Compile(LoadOutcome);

/** Latencies of the normal calls, in milliseconds, without the flood and under it. */
interface FloodRound {
  readonly quietP50Ms: number;
  readonly quietP99Ms: number;
  readonly floodedP50Ms: number;
  readonly floodedP99Ms: number;
  readonly refusedEachSecond: number;
}

/**
 * One connection is refused 10,000 times a second beside the normal calls (GetUser, one upstream call each) of other
 * connections. The baseline is a bare server that refuses without looking: load, upstream and server share the same
 * cores in both, so the ratio is what the connector's refusals cost the others.
 */
export async function benchFlood(extent: Extent): Promise<Report> {
  const stage = await Stage.open();
  try {
    const upstream = await stage.upstream();
    const servers = [await stage.service(upstream, {}), await stage.bare(upstream)] as const;
    const [connector, bare]: [FloodRound[], FloodRound[]] = [[], []];
    for (const server of servers) await measure(server, extent.secondsEach);
    // Turn and turn about, so that whatever else the machine does falls on both.
    for (let round = 0; round < extent.rounds; round += 1) {
      connector.push(await playRound(servers[0], extent.secondsEach));
      bare.push(await playRound(servers[1], extent.secondsEach));
    }
    const figure = (name: string, unit: string, of: (round: FloodRound) => number): Figure => ({
      name,
      unit,
      connector: median(connector.map(of)),
      baseline: median(bare.map(of)),
    });
    return {
      part: 'Flood',
      conditions: 'one connection is refused beside the normal calls of others, by the connector and by a bare server',
      figures: [
        figure('refused', 'each second', (round) => round.refusedEachSecond),
        figure('normal calls without the flood: p50', 'ms', (round) => round.quietP50Ms),
        figure('normal calls under the flood: p50', 'ms', (round) => round.floodedP50Ms),
        figure('normal calls without the flood: p99', 'ms', (round) => round.quietP99Ms),
        figure('normal calls under the flood: p99', 'ms', (round) => round.floodedP99Ms),
        figure('rise of the p99 under the flood', 'times', (round) => round.floodedP99Ms / round.quietP99Ms),
      ],
    };
  } finally {
    await stage.close();
  }
}

async function playRound(server: Server, seconds: number): Promise<FloodRound> {
  const quiet = await measure(server, seconds);
  const flood = runFlood(server, seconds + 2);
  await delay(1_000);
  const busy = await measure(server, seconds);
  return {
    quietP50Ms: percentile(quiet, 0.5),
    quietP99Ms: percentile(quiet, 0.99),
    floodedP50Ms: percentile(busy, 0.5),
    floodedP99Ms: percentile(busy, 0.99),
    refusedEachSecond: await flood,
  };
}

let firstKey = 0;

function measure({ url }: Server, seconds: number): Promise<number[]> {
  firstKey += 1_000;
  const first = firstKey;
  const call = (index: number) => ({
    url: `${url}/users/PUSER01`,
    key: `bench-normal-${first + Math.floor(index / callsOfOneKey)}`,
  });
  return pacedCalls({ method: 'GET', expectedStatus: 200, callsEachSecond, seconds, call });
}

async function runFlood({ url }: Server, seconds: number): Promise<number> {
  const plan: LoadPlan = {
    ...{ url, method: 'GET', path: '/users', keys: [flooder] },
    ...{ sockets: 50, seconds, callsEachSecond: floodEachSecond },
  };
  const { statuses } = outcomeOf.Parse(JSON.parse(await runChild('tools/bench/load.ts', [JSON.stringify(plan)])));
  return (statuses[429] ?? 0) / seconds;
}
