import { performance } from 'node:perf_hooks';
import autocannon from 'autocannon';
import { Compile } from 'typebox/compile';
import { type LoadOutcome, LoadPlan } from './load-plan.js';
import { percentile } from './percentiles.js';

/** A process that sends requests as fast as they are answered, or at a rate, and prints what came of it. */
const plan = Compile(LoadPlan).Parse(JSON.parse(process.argv[2] ?? ''));
const statuses: Record<string, number> = {};
const latenciesMs: number[] = [];
let socketsReady = 0;
let firstAtMs = 0;
let lastAtMs = 0;

const run = autocannon({
  url: plan.url,
  connections: plan.sockets,
  duration: plan.seconds,
  ...(plan.callsEachSecond === undefined ? {} : { overallRate: plan.callsEachSecond }),
  setupClient(client) {
    // Each socket has its share of the keys, so that all keys are used alike.
    const share = plan.keys.filter((_, index) => index % plan.sockets === socketsReady % plan.sockets);
    socketsReady += 1;
    client.setRequests((share.length === 0 ? plan.keys : share).map(requestWith));
  },
});
run.on('response', (_client: unknown, status: number, _bytes: number, latencyMs: number) => {
  lastAtMs = performance.now();
  if (firstAtMs === 0) firstAtMs = lastAtMs;
  latenciesMs.push(latencyMs);
  statuses[status] = (statuses[status] ?? 0) + 1;
});
const { errors, timeouts } = await run;

const outcome: LoadOutcome = {
  answers: latenciesMs.length,
  answersEachSecond: (1000 * latenciesMs.length) / Math.max(1, lastAtMs - firstAtMs),
  p50Ms: percentile(latenciesMs, 0.5),
  p99Ms: percentile(latenciesMs, 0.99),
  statuses,
  failures: errors + timeouts,
};
process.stdout.write(`${JSON.stringify(outcome)}\n`);

function requestWith(key: string) {
  const { method, path, body } = plan;
  return {
    method,
    path,
    headers: { 'x-api-key': key, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body }),
  };
}
