import { pacedCalls } from './paced-calls.js';
import { median, percentile } from './percentiles.js';
import type { Extent, Figure, Report } from './report.js';
import { medianOf, type Saturation, saturate, saturationFigures } from './saturate.js';
import { type Server, Stage } from './stage.js';

const acknowledge = { method: 'PUT', path: '/action1/incidents/PBENCH1', body: '{"userId":"PUSER01"}' } as const;
const oneCallPath = '/one-call/incidents/PBENCH1';
/** A connection has 30 calls a minute as delivered, and spends one before on the e-mail address. */
const callsOfOneNewKey = 24;
const sockets = 64;

/**
 * What the connector adds to a call of Acknowledge, whose upstream calls the bare route makes too. The acting user's
 * e-mail address is known, every connection is within its limit, and validation, metrics and logs are on.
 */
export async function benchAction(extent: Extent): Promise<Report> {
  const stage = await Stage.open();
  try {
    const upstream = await stage.upstream();
    const bare = await stage.bare(upstream);
    const limitedTo = (calls: number, windowSeconds: number) =>
      stage.service(upstream, { RATE_LIMIT_CALLS: `${calls}`, RATE_LIMIT_WINDOW_SECONDS: `${windowSeconds}` });
    const figures: Figure[] = [];
    const one = await limitedTo(1_000, 1);
    figures.push(...(await paced({ name: '50 calls a second of one connection', rate: 50 }, one, bare, extent)));
    figures.push(...(await paced({ name: '500 calls a second of one connection', rate: 500 }, one, bare, extent)));
    await one.child.stop();
    const fresh = await limitedTo(30, 60);
    const newSlots = { name: '50 calls a second, each in a new slot', rate: 50, callsOfOneKey: callsOfOneNewKey };
    figures.push(...(await paced(newSlots, fresh, bare, extent)));
    await fresh.child.stop();
    figures.push(...(await saturated(await limitedTo(30, 1), bare, 1_000, extent)));
    return {
      part: 'Action path',
      conditions: 'Acknowledge, against a bare Fastify and undici route that makes the same two upstream calls',
      figures,
    };
  } finally {
    await stage.close();
  }
}

interface PacedRound {
  readonly latenciesMs: readonly number[];
  readonly cpuMicrosACall: number;
}

/** Calls at even distances, well below what either server can do. */
async function paced(
  load: { readonly name: string; readonly rate: number; readonly callsOfOneKey?: number },
  service: Server,
  bare: Server,
  extent: Extent,
): Promise<Figure[]> {
  const callsOfOneKey = load.callsOfOneKey ?? Number.POSITIVE_INFINITY;
  let keys = 0;
  const measure = async ({ child, url }: Server, seconds: number): Promise<PacedRound> => {
    keys += load.callsOfOneKey === undefined ? 0 : 1_000;
    const first = keys;
    const keyOf = (index: number) => `bench-paced-${first + Math.floor(index / callsOfOneKey)}`;
    const call = (index: number) => ({ url: url + acknowledge.path, key: keyOf(index) });
    const { method, body } = acknowledge;
    const pace = { method, body, callsEachSecond: load.rate, expectedStatus: 200 };
    // The e-mail address gets known; of a single connection, the slots come to hand too.
    const isSingle = load.callsOfOneKey === undefined;
    const primedSeconds = isSingle
      ? extent.isQuick
        ? 0.1
        : 1.5
      : Math.ceil((seconds * load.rate) / callsOfOneKey) / load.rate;
    await pacedCalls({ ...pace, seconds: primedSeconds, call: (index) => call(isSingle ? 0 : index * callsOfOneKey) });
    const before = await child.usage();
    const latenciesMs = await pacedCalls({ ...pace, seconds, call });
    const cpuMs = (await child.usage()).cpuMs - before.cpuMs;
    return { latenciesMs, cpuMicrosACall: (1000 * cpuMs) / latenciesMs.length };
  };
  const [ours, theirs]: [PacedRound[], PacedRound[]] = [[], []];
  for (const server of [service, bare]) await measure(server, extent.isQuick ? extent.secondsEach : 2);
  for (let round = 0; round < extent.rounds; round += 1) {
    // Turn and turn about, so that whatever else the machine does falls on both.
    ours.push(await measure(service, extent.secondsEach));
    theirs.push(await measure(bare, extent.secondsEach));
  }
  const figure = (label: string, unit: string, of: (round: PacedRound) => number, aim?: string): Figure => ({
    name: `${load.name}: ${label}`,
    unit,
    connector: median(ours.map(of)),
    baseline: median(theirs.map(of)),
    ...(aim === undefined ? {} : { aim }),
  });
  const aim = `at most ${load.callsOfOneKey === undefined ? 2 : 7} ms added`;
  return [
    figure('p50', 'ms', ({ latenciesMs }) => percentile(latenciesMs, 0.5), aim),
    figure('p99', 'ms', ({ latenciesMs }) => percentile(latenciesMs, 0.99)),
    figure('CPU', 'µs a call', ({ cpuMicrosACall }) => cpuMicrosACall),
  ];
}

/** As many calls as are answered, spread over connections that all stay within their limit. */
async function saturated(service: Server, bare: Server, connections: number, extent: Extent): Promise<Figure[]> {
  const keys = Array.from({ length: connections }, (_, index) => `bench-full-${index}`);
  const load = async ({ child, url }: Server, path: string) => {
    const plan = { ...acknowledge, url, path, keys, sockets };
    // Slots that were given back while the other servers had their turn come to hand again.
    if (!extent.isQuick) await saturate(child, { ...plan, seconds: 2 }, 200);
    return saturate(child, { ...plan, seconds: extent.secondsEach }, 200);
  };
  const { path } = acknowledge;
  for (const server of extent.isQuick ? [] : [service, bare]) await load(server, path);
  const [ours, theirs, oneCall]: [Saturation[], Saturation[], Saturation[]] = [[], [], []];
  for (let round = 0; round < extent.rounds; round += 1) {
    ours.push(await load(service, path));
    theirs.push(await load(bare, path));
    oneCall.push(await load(bare, oneCallPath));
  }
  const aims = { callsEachSecond: 'ratio at least 0.6', cpuMicrosACall: 'ratio at most 1.64, as 90 µs beside 55' };
  const name = `${connections} connections, saturated`;
  const beside = saturationFigures(`${name}, one upstream call in the baseline`, medianOf(ours), medianOf(oneCall));
  return [...saturationFigures(name, medianOf(ours), medianOf(theirs), aims), ...beside.slice(0, 2)];
}
