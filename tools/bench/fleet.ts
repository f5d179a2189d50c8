import { setTimeout as delay } from 'node:timers/promises';
import { Compile } from 'typebox/compile';
import { Pool, request } from 'undici';
import { percentile } from './percentiles.js';
import type { Server } from './stage.js';
import { SeenPolls } from './upstream/poll-times.js';
import type { UpstreamSettings } from './upstream/settings.js';

const seenPolls = Compile(SeenPolls);
const atATime = 100;
const hourMs = 3_600_000;
const allTriggers = [
  '/trigger2/incidents',
  '/trigger1/incidents/PBENCH1/notes',
  '/trigger3/incidents/PUSER01',
  '/trigger4/incidents',
  '/trigger5/incidents',
];

/** What the service does in the background for its connections in a time. */
export interface FleetCost extends SeenPolls {
  readonly cpuMicrosAPoll: number;
  /** CPU time over time: 1 is one core. */
  readonly cores: number;
  /** The largest that was seen, looked at once a second. */
  readonly residentMib: number;
}

/** A host of each connection registers with each trigger. From then on the service polls in the background. */
export async function registerHosts(service: Server, keys: readonly string[], triggers = allTriggers): Promise<void> {
  const pool = new Pool(service.url, { connections: atATime, headersTimeout: hourMs });
  const waiting = keys.values();
  const register = async () => {
    for (const key of waiting) {
      for (const path of triggers) {
        const { body, statusCode } = await pool.request({ method: 'GET', path, headers: { 'x-api-key': key } });
        await body.dump();
        if (statusCode !== 202) throw new Error(`expected 202 from ${path}, got ${statusCode}`);
      }
    }
  };
  await Promise.all(Array.from({ length: atATime }, register));
  await pool.close();
}

/** Looks on while the service polls. */
export async function measureFleet(service: Server, upstream: Server, seconds: number): Promise<FleetCost> {
  await tellUpstream(upstream, '/bench/begin');
  const before = await service.child.usage();
  const residents: number[] = [];
  for (let second = 1; second < seconds; second += 1) {
    await delay(1_000);
    residents.push((await service.child.usage()).residentBytes);
  }
  await delay(1_000);
  const after = await service.child.usage();
  const seen = await tellUpstream(upstream, '/bench/seen');
  const cpuMs = after.cpuMs - before.cpuMs;
  return {
    ...seen,
    cpuMicrosAPoll: (1000 * cpuMs) / Math.max(1, seen.polls),
    cores: cpuMs / (after.atMs - before.atMs),
    residentMib: percentile([...residents, after.residentBytes], 1) / 1024 / 1024,
  };
}

/** Says how the upstream is to be. */
export async function setUpstream(upstream: Server, settings: UpstreamSettings): Promise<void> {
  await tellUpstream(upstream, '/bench/settings', settings);
}

async function tellUpstream({ url }: Server, path: string, body?: object): Promise<SeenPolls> {
  const response = await request(url + path, { method: 'POST', body: JSON.stringify(body ?? {}) });
  return seenPolls.Parse(await response.body.json());
}
