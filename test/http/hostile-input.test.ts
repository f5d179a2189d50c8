import { Agent } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { sandboxCredentials } from '../../sandbox/account/seed-account.js';
import type { BriefIncident } from '../../sandbox/kit/control-client.js';
import { httpLimits } from '../../src/http/guard-edges.js';
import { createLogger } from '../../src/telemetry/logger.js';
import { actionCases } from '../support/action-cases.js';
import { findFlaw } from '../support/find-flaw.js';
import { describeRequest, type GoodInputs, hostileRequest } from '../support/hostile-request.js';
import { metricOf, readMetrics } from '../support/read-metrics.js';
import { propertiesOf, startService } from '../support/running-service.js';
import { sendHostile } from '../support/send-hostile.js';
import { definedEntrances, otherEntrances } from '../support/surface.js';
import { until } from '../support/until.js';

const requests = Number(process.env.FUZZ_REQUESTS ?? 4_000);
/** The same requests in every run, so that a failure is a change; other seeds send others. */
const seed = Number(process.env.FUZZ_SEED ?? 1);
/** So many requests meet the same account; then it begins anew, or its own memory would be what grows. */
const roundLength = 2_000;
const callers = 16;
/** In MB, after the first third: the bridge's memory of recent alerts is allowed to fill. */
const maxGrowth = 30;
/** After so many nothing new is learnt. */
const maxFlaws = 20;

/** All that the service has to ask of PagerDuty, whatever it is asked. */
const pagerDutyPath =
  /^(\/(users|incidents|log_entries|escalation_policies|services|priorities)(\/[^/]+(\/(notes|snooze|merge|log_entries))?)?|\/v2(\/change)?\/enqueue|\/generic\/2010-04-15\/create_event\.json)$/;

const { accountKey, userKey, eventsV1Keys, eventsV2Keys } = sandboxCredentials;
const secrets = [accountKey, userKey, ...Object.values(eventsV1Keys), ...Object.values(eventsV2Keys)];

t.setTimeout(Math.max(120_000, requests * 20));

t.test('whatever is sent, the service answers in the documented form, and stays as it was', async (t) => {
  t.comment(`FUZZ_SEED=${seed} FUZZ_REQUESTS=${requests}`);
  const log = watchedLog();
  const { url, control, call } = await startService(t, {
    environment: { OPSGENIE_BRIDGE: 'on', RATE_LIMIT_CALLS: '10000', RATE_LIMIT_WINDOW_SECONDS: '1' },
    logger: log.logger,
  });
  const publicUrl = new URL(url);
  const agent = new Agent({ keepAlive: true, maxSockets: callers });
  t.teardown(() => agent.destroy());
  const defined = definedEntrances();
  const entrances = [...defined, ...otherEntrances, ...defined];
  const tally = new Tally();
  const flaws: string[] = [];
  const used: number[] = [];
  const begun = performance.now();

  for (let start = 0; start < requests && flaws.length < maxFlaws; start += roundLength) {
    await control.post('/reset');
    await control.patch('/settings', { rateLimitPerMinute: 1_000_000 });
    const goodInputs = goodInputsWith(await control.trigger({ count: 60 }));
    const end = Math.min(requests, start + roundLength);
    let index = start;
    const callOneByOne = async () => {
      while (index < end && flaws.length < maxFlaws) {
        const which = index;
        index += 1;
        const request = hostileRequest(entrances, { seed, index: which, goodInputs, host: publicUrl.host });
        const note = (flaw: string) => {
          flaws.push(`${flaw}. Request ${which} of FUZZ_SEED=${seed}: ${describeRequest(request)}`);
        };
        const answer = await sendHostile(request, { url: publicUrl, agent }).catch(String);
        if (typeof answer === 'string') {
          tally.count('closed');
          // Nobody reads on what is refused for its size.
          if ((request.body?.length ?? 0) <= httpLimits.bodyBytes) note(`no answer, ${answer}`);
          continue;
        }
        tally.note(request.entrance.id, answer.status);
        const flaw = findFlaw(request, answer, publicUrl);
        if (flaw !== undefined) note(`${flaw}: ${answer.status} ${answer.text.slice(0, 500)}`);
      }
    };
    const sent = await control.sentDuring(() => Promise.all(Array.from({ length: callers }, callOneByOne)));
    const astray = sent.filter(({ path }) => !pagerDutyPath.test(path));
    flaws.push(...astray.map(({ method, path }) => `sent to PagerDuty after request ${start}: ${method} ${path}`));
    await control.post('/reset');
    used.push(usedMegabytes());
  }

  t.comment(`${Math.round((performance.now() - begun) / 1_000)} s, answers: ${tally}`);
  t.comment(`MB in use after each ${roundLength}: ${used.join(' ')}; lines of the log: ${log.count}`);
  t.strictSame(flaws, []);
  t.strictSame(
    entrances.map(({ id }) => id).filter((id) => !tally.isBothWays(id)),
    [],
    'each entrance did what it is for, and refused something',
  );
  t.ok(tally.share(200, 299) > 0.15, 'enough of it was good');
  t.ok(tally.share(400, 400) > 0.15, 'enough of it was looked at and found wrong');
  t.ok(tally.share(400, 400) > tally.share(401, 404), 'by the service, rather than by PagerDuty');
  const third = used[Math.floor((used.length - 1) / 3)] ?? 0;
  t.ok((used.at(-1) ?? Number.NaN) - third < maxGrowth, 'what was sent leaves nothing behind');

  t.strictSame(log.severe, [], 'nothing went wrong inside');
  t.strictSame(log.odd, [], 'each line of the log is one object, without a secret');
  t.strictSame(Object.keys(Object.prototype), []);
  t.notOk('polluted' in {});
  agent.destroy();
  let connections = Number.NaN;
  await until(async () => {
    const samples = readMetrics((await call('GET', '/metrics', { key: null })).text);
    connections = metricOf(samples, 'connector_connections') ?? Number.NaN;
    return metricOf(samples, 'connector_open_sockets') === 1;
  }, 'all sockets but our own are closed');
  t.ok(connections < 2_020, `${connections} connections are remembered`);
  t.equal((await call('GET', '/users/PUSER01')).status, 200, 'and the service is well');
  t.equal((await call('GET', '/trigger2/incidents')).status, 202);
});

/** Good inputs for whatever there is: those of the cases, with one of the account's incidents. */
function goodInputsWith(incidents: readonly BriefIncident[]): GoodInputs {
  return ({ id }, random) => {
    const incident = random.pick(incidents);
    const action = actionCases.find(({ operation }) => operation.id === id);
    return {
      ...{ incidentId: incident.id, userId: 'PUSER02', file: 'swagger-ui.css', requestId: 'of-an-alert' },
      ...{ identifier: 'disk', identifierType: 'alias', alias: 'disk', message: 'The disk is full', note: 'Look.' },
      ...action?.inputs(incident, random.pick(incidents)),
    };
  };
}

/** What was answered, by status, and by entrance. */
class Tally {
  readonly #all = new Map<string, number>();
  readonly #did = new Set<string>();
  readonly #refused = new Set<string>();

  note(id: string, status: number): void {
    this.count(String(status));
    if (status < 400 || status === 409) this.#did.add(id);
    else if (status < 500 && status !== 429) this.#refused.add(id);
  }

  count(what: string): void {
    this.#all.set(what, (this.#all.get(what) ?? 0) + 1);
  }

  isBothWays(id: string): boolean {
    return this.#did.has(id) && this.#refused.has(id);
  }

  /** Which part of all answers has a status in this range. */
  share(from: number, to: number): number {
    const counts = [...this.#all];
    const within = counts.filter(([status]) => Number(status) >= from && Number(status) <= to);
    const sum = (some: typeof counts) => some.reduce((total, [, count]) => total + count, 0);
    return sum(within) / sum(counts);
  }

  toString(): string {
    return [...this.#all]
      .sort()
      .map(([what, count]) => `${what}: ${count}`)
      .join(', ');
  }
}

/** A log of which only what should not be in it is kept. */
function watchedLog() {
  const watched = { severe: [] as string[], odd: [] as string[], count: 0 };
  const write = (line: string) => {
    watched.count += 1;
    if (line.indexOf('\n') !== line.length - 1 || secrets.some((secret) => line.includes(secret)))
      watched.odd.push(line);
    if (Number(propertiesOf(JSON.parse(line)).level) >= 50) watched.severe.push(line);
  };
  return Object.assign(watched, { logger: createLogger('trace', { write }) });
}

function usedMegabytes(): number {
  setFlagsFromString('--expose-gc');
  const collectGarbage: unknown = runInNewContext('gc');
  if (typeof collectGarbage === 'function') collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return Math.round((heapUsed + external) / 1_000_000);
}
