import { request } from 'undici';
import { fillLog } from './fill-log.js';
import { pacedCalls } from './paced-calls.js';
import { median, percentile } from './percentiles.js';
import type { Extent, Figure, Report } from './report.js';
import { medianOf, type Saturation, saturate, saturationFigures } from './saturate.js';
import { type Server, Stage } from './stage.js';

const trigger = '/trigger2/incidents';
const key = 'bench-poller';
const sockets = 64;
const pacedCallsEachSecond = 50;

/** A host that has everything polls again and again: from an empty log, and from the end of a long one. */
export async function benchPoll(extent: Extent): Promise<Report> {
  const stage = await Stage.open();
  try {
    const upstream = await stage.upstream();
    const bare = await stage.bare(upstream);
    const events = extent.isQuick ? 1_000 : 100_000;
    await fillLog({ dataDir: stage.dataDir('long'), apiUrl: upstream.url, key, events });
    const service = (name: string) =>
      stage.service(upstream, { DATA_DIR: stage.dataDir(name), RATE_LIMIT_POLLS: '1000000' });
    const empty = await service('empty');
    const long = await service('long');
    const rounds = new Map<Server, Round[]>([
      [empty, []],
      [long, []],
      [bare, []],
    ]);
    const paths = new Map<Server, string>();
    for (const server of rounds.keys()) {
      paths.set(server, await register(server));
      if (!extent.isQuick) await measure(server, paths.get(server) ?? '', 3);
    }
    for (let round = 0; round < extent.rounds; round += 1) {
      // Turn and turn about, so that whatever else the machine does falls on all.
      for (const [server, own] of rounds) own.push(await measure(server, paths.get(server) ?? '', extent.secondsEach));
    }
    const of = (server: Server) => medians(rounds.get(server) ?? []);
    return {
      part: 'Poll path',
      conditions:
        'a host’s poll with nothing new, answered from the log, against a bare Fastify route without upstream',
      figures: [
        ...figuresOf('empty log', of(empty), of(bare)),
        ...figuresOf(`${events} events in the log`, of(long), of(bare)),
      ],
    };
  } finally {
    await stage.close();
  }
}

interface Round extends Saturation {
  readonly pacedP50Ms: number;
  readonly pacedP99Ms: number;
}

/** The first poll; gives the path with the host's state, to poll from then on. */
async function register({ url }: Server): Promise<string> {
  const response = await request(`${url}${trigger}`, { headers: { 'x-api-key': key } });
  await response.body.dump();
  const { location } = response.headers;
  if (response.statusCode !== 202 || typeof location !== 'string') {
    throw new Error(`expected 202 and a Location, got ${response.statusCode}`);
  }
  const { pathname, search } = new URL(location);
  return pathname + search;
}

async function measure(server: Server, path: string, seconds: number): Promise<Round> {
  const { url } = server;
  const pace = { method: 'GET', callsEachSecond: pacedCallsEachSecond, expectedStatus: 202 } as const;
  const paced = await pacedCalls({ ...pace, seconds, call: () => ({ url: url + path, key }) });
  const plan = { url, method: 'GET', path, keys: [key], sockets, seconds } as const;
  const saturation = await saturate(server.child, { ...plan, keys: [key] }, 202);
  return { ...saturation, pacedP50Ms: percentile(paced, 0.5), pacedP99Ms: percentile(paced, 0.99) };
}

function medians(rounds: readonly Round[]): Round {
  return {
    ...medianOf(rounds),
    pacedP50Ms: median(rounds.map((round) => round.pacedP50Ms)),
    pacedP99Ms: median(rounds.map((round) => round.pacedP99Ms)),
  };
}

function figuresOf(name: string, ours: Round, bare: Round): Figure[] {
  const paced = (label: string, field: 'pacedP50Ms' | 'pacedP99Ms'): Figure => ({
    name: `${name}, ${pacedCallsEachSecond} polls a second: ${label}`,
    unit: 'ms',
    connector: ours[field],
    baseline: bare[field],
  });
  const aims = { callsEachSecond: 'ratio at least 0.5' };
  return [
    paced('p50', 'pacedP50Ms'),
    paced('p99', 'pacedP99Ms'),
    ...saturationFigures(`${name}, saturated`, ours, bare, aims),
  ];
}
