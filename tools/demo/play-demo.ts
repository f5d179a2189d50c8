import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ControlClient } from '../../sandbox/kit/control-client.js';
import { judgeDeliveries } from '../../sandbox/kit/delivery-oracle.js';
import { TriggerFollower } from '../../sandbox/kit/trigger-follower.js';
import { startSandbox } from '../../sandbox/sandbox.js';
import { createApp } from '../../src/app.js';
import { systemClock } from '../../src/clock/clock.js';
import { readConfig } from '../../src/config/settings.js';
import { createLogger } from '../../src/telemetry/logger.js';
import { connectorCaller } from './connector-caller.js';
import type { Narrator } from './narrator.js';
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
  const url = (await app.listen()).origin;
  say('demo', `A pretend PagerDuty account runs at ${sandbox.url}, the connector service at ${url}.`);
  say('demo', `A flow host polls "When an incident is created"; PagerDuty is polled every ${options.pollSeconds} s.`);

  const key = sandbox.credentials.accountKey;
  const people = new ControlClient(sandbox.url);
  const host = new TriggerFollower({ url: `${url}/trigger2/incidents`, key });
  const stopHost = new AbortController();
  const polling = host.run(stopHost.signal, ({ items }) => {
    if (host.polls - host.failures === 1) say('flow host', 'registered: the first poll never starts a run.');
    for (const { summary, status } of items) {
      say('flow host', `starts a run: ${summary} was created (now ${status}).`);
    }
  });
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

  const { owed, lost, surplus } = judgeDeliveries(await people.events(), [
    { kind: 'created', received: host.received },
  ]);
  const result = { created: owed, lost: lost.length, twice: surplus.length };
  await tellResult(say, people, host, result);
  say('demo', `Still running: docs ${url}/docs, service ${url}, sandbox ${sandbox.url}/_sandbox, key ${key}`);
  return {
    ...result,
    async close() {
      await app.close();
      await sandbox.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function tellResult(
  say: Narrator,
  people: ControlClient,
  host: TriggerFollower,
  { created, lost, twice }: { created: number; lost: number; twice: number },
) {
  const counts = Object.entries(await people.requestCounts());
  const calls = counts.reduce((sum, [, count]) => sum + count, 0);
  say('demo', `${created} incidents created, ${host.received.length} received: ${lost} lost, ${twice} twice.`);
  say('demo', `The host polled the service ${host.polls} times. PagerDuty got ${calls} calls in all:`);
  for (const [endpoint, count] of counts) say('demo', `  ${String(count).padStart(3)}  ${endpoint}`);
}
