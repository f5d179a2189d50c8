import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { request } from 'undici';
import { runChild, startChild } from './child.js';
import { median, percentile } from './percentiles.js';

const rounds = 3;
const secondsEach = 8;
const callsEachSecond = 50;
const floodEachSecond = 10_000;
/** Each connection has 30 calls a minute, so the normal calls come from many connections, each within its limit. */
const callsOfOneKey = 25;

const newKeys = Compile(Type.Object({ keys: Type.Array(Type.Object({ key: Type.String() })) }));
const flooded = Compile(Type.Object({ requests: Type.Object({ average: Type.Number() }) }));

/** Latencies of the normal calls, in milliseconds, without the flood and under it. */
export interface FloodRound {
  readonly quietP50Ms: number;
  readonly quietP99Ms: number;
  readonly floodedP50Ms: number;
  readonly floodedP99Ms: number;
  readonly refusedEachSecond: number;
}

/** The medians of the rounds, for the connector and for the bare server, and the ratio that matters. */
export interface FloodResult {
  readonly connector: FloodRound;
  readonly bare: FloodRound;
  /** How much the flood raises the others' p99: the connector's rise over the bare server's. */
  readonly p99RiseRatio: number;
}

/**
 * One connection is refused 10,000 times a second beside the normal calls (GetUser, one upstream call each) of other
 * connections. The baseline is a bare server that refuses without looking: load, upstream and server share the same
 * cores in both, so the ratio is what the connector's refusals cost the others.
 */
export async function benchFlood(): Promise<FloodResult> {
  const dataDir = await mkdtemp(join(tmpdir(), 'connector-bench-'));
  const sandbox = await startChild('dist/sandbox/main.js', { args: ['--port', '0'], until: /listens on (\S+)/ });
  const upstream = sandbox.match[1] ?? '';
  const service = await startChild('dist/main.js', {
    env: { PORT: '0', DATA_DIR: dataDir, PAGERDUTY_API_URL: upstream, PAGERDUTY_EVENTS_URL: upstream },
    until: /"url":"([^"]+)\/"/,
  });
  const bareServer = await startChild('dist/bench/bare-server.js', { args: [upstream], until: /"url":"([^"]+)\/"/ });
  try {
    const perServer = 2 * secondsEach * callsEachSecond * rounds + callsEachSecond;
    const keys = await makeKeys(upstream, 2 * Math.ceil(perServer / callsOfOneKey) + 8);
    const flooder = keys.pop() ?? '';
    const servers = [service.match[1] ?? '', bareServer.match[1] ?? ''] as const;
    for (const url of servers) await measure(url, keys, 1);
    const connector: FloodRound[] = [];
    const bare: FloodRound[] = [];
    // Turn and turn about, so that whatever else the machine does falls on both.
    for (let round = 0; round < rounds; round += 1) {
      connector.push(await playRound(servers[0], keys, flooder));
      bare.push(await playRound(servers[1], keys, flooder));
    }
    const p99RiseRatio = median(connector.map((one, round) => rise(one) / rise(bare[round] ?? one)));
    return { connector: medians(connector), bare: medians(bare), p99RiseRatio };
  } finally {
    await bareServer.stop();
    await service.stop();
    await sandbox.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

function rise({ floodedP99Ms, quietP99Ms }: FloodRound): number {
  return floodedP99Ms / quietP99Ms;
}

async function playRound(url: string, keys: string[], flooder: string): Promise<FloodRound> {
  const quiet = await measure(url, keys, secondsEach);
  const flood = runFlood(url, flooder);
  await delay(1_500);
  const busy = await measure(url, keys, secondsEach);
  return {
    quietP50Ms: percentile(quiet, 0.5),
    quietP99Ms: percentile(quiet, 0.99),
    floodedP50Ms: percentile(busy, 0.5),
    floodedP99Ms: percentile(busy, 0.99),
    refusedEachSecond: await flood,
  };
}

function medians(results: readonly FloodRound[]): FloodRound {
  const of = (field: keyof FloodRound) => median(results.map((result) => result[field]));
  return {
    quietP50Ms: of('quietP50Ms'),
    quietP99Ms: of('quietP99Ms'),
    floodedP50Ms: of('floodedP50Ms'),
    floodedP99Ms: of('floodedP99Ms'),
    refusedEachSecond: of('refusedEachSecond'),
  };
}

async function makeKeys(sandboxUrl: string, count: number): Promise<string[]> {
  const body = JSON.stringify({ count });
  const response = await request(`${sandboxUrl}/_sandbox/keys`, { method: 'POST', body });
  return newKeys.Parse(await response.body.json()).keys.map(({ key }) => key);
}

/** Calls at even distances, not one after the other's answer: a slow answer must not lower the load. */
async function measure(url: string, keys: string[], seconds: number): Promise<number[]> {
  const latencies: Promise<number>[] = [];
  const startedAtMs = performance.now();
  let key = keys.shift() ?? '';
  for (let call = 0; call < seconds * callsEachSecond; call += 1) {
    if (call % callsOfOneKey === 0 && call > 0) key = keys.shift() ?? key;
    await delay(Math.max(0, startedAtMs + (call * 1000) / callsEachSecond - performance.now()));
    latencies.push(timeCall(`${url}/users/PUSER01`, key));
  }
  return Promise.all(latencies);
}

async function timeCall(url: string, key: string): Promise<number> {
  const startedAtMs = performance.now();
  const response = await request(url, { headers: { 'x-api-key': key } });
  await response.body.dump();
  if (response.statusCode !== 200) throw new Error(`A normal call was answered ${response.statusCode}`);
  return performance.now() - startedAtMs;
}

async function runFlood(url: string, key: string): Promise<number> {
  const printed = await runChild('node_modules/autocannon/autocannon.js', [
    ...['-j', '-n', '-c', '50', '-R', String(floodEachSecond), '-d', String(secondsEach + 3)],
    ...['-H', `x-api-key=${key}`, `${url}/users`],
  ]);
  const result = flooded.Parse(JSON.parse(printed));
  return result.requests.average;
}
