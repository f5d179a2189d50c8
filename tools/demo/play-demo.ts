import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startSandbox } from '../../sandbox/sandbox.js';
import { createApp } from '../../src/app.js';
import { systemClock } from '../../src/clock/clock.js';
import { readConfig } from '../../src/config/config.js';
import { createLogger } from '../../src/telemetry/logger.js';
import { connectorCaller } from './connector-caller.js';
import { FlowHost } from './flow-host.js';
import type { Narrator } from './narrator.js';
import { SandboxPeople } from './sandbox-people.js';
import { playScenario } from './scenario.js';

/** The demo as it stands after the scenario: what is left running, and whether anything went wrong. */
export interface PlayedDemo {
  readonly lost: number;
  readonly twice: number;
  close(): Promise<void>;
}

/** Starts the sandbox and the service on free ports, plays the scenario, and tells what each side saw. */
export async function playDemo(say: Narrator, options: { pollSeconds: number; pauseMs: number }): Promise<PlayedDemo> {
  const dataDir = await mkdtemp(join(tmpdir(), 'pagerduty-connector-demo-'));
  const sandbox = await startSandbox();
  const config = readConfig({
    PORT: '0',
    PAGERDUTY_API_URL: sandbox.url,
    PAGERDUTY_EVENTS_URL: sandbox.url,
    DATA_DIR: dataDir,
    TRIGGER_POLL_SECONDS: String(options.pollSeconds),
  });
  const app = await createApp(config, {
    clock: systemClock,
    random: Math.random,
    uuid: randomUUID,
    logger: createLogger('silent'),
  });
  const url = (await app.listen()).href.replace(/\/$/, '');
  say('demo', `A pretend PagerDuty account runs at ${sandbox.url}, the connector service at ${url}.`);
  say('demo', `A flow host polls "When an incident is created"; PagerDuty is polled every ${options.pollSeconds} s.`);

  const key = sandbox.credentials.accountKey;
  const people = new SandboxPeople(sandbox.url);
  const host = new FlowHost({
    url: `${url}/trigger2/incidents`,
    key,
    onRegistered: () => say('flow host', 'registered: the first poll never starts a run.'),
    onReceived: ({ summary, status }) => say('flow host', `starts a run: ${summary} was created (now ${status}).`),
  });
  const stopHost = new AbortController();
  const polling = host.run(stopHost.signal);
  await Promise.race([
    polling,
    playScenario({
      say,
      people,
      call: connectorCaller(url, key),
      v2Key: sandbox.credentials.eventsV2Keys.PSVCWEB,
      v1Key: sandbox.credentials.eventsV1Keys.PSVCBAT,
      pauseMs: options.pauseMs,
    }),
  ]);
  await delay((options.pollSeconds + 1) * 2_000);
  stopHost.abort();
  await polling;

  const { lost, twice } = await compare(people, host);
  await tellResult(say, people, host, { lost, twice });
  say('demo', `Still running: docs ${url}/docs, service ${url}, sandbox ${sandbox.url}/_sandbox, key ${key}`);
  return {
    lost,
    twice,
    async close() {
      await app.close();
      await sandbox.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function compare(people: SandboxPeople, host: FlowHost) {
  const receivedIds = host.received.map(({ id }) => id);
  const lost = (await people.createdIds()).filter((id) => !receivedIds.includes(id)).length;
  return { lost, twice: receivedIds.length - new Set(receivedIds).size };
}

async function tellResult(
  say: Narrator,
  people: SandboxPeople,
  host: FlowHost,
  result: { lost: number; twice: number },
) {
  const created = (await people.createdIds()).length;
  const counts = Object.entries(await people.callCounts());
  const calls = counts.reduce((sum, [, count]) => sum + count, 0);
  say(
    'demo',
    `${created} incidents created, ${host.received.length} received: ${result.lost} lost, ${result.twice} twice.`,
  );
  say('demo', `The host polled the service ${host.polls} times. PagerDuty got ${calls} calls in all:`);
  for (const [endpoint, count] of counts) say('demo', `  ${String(count).padStart(3)}  ${endpoint}`);
}
