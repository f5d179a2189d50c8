import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Stage } from '../bench/stage.js';
import { type Comparison, judgeDeliveries } from './judge-deliveries.js';
import { PagerDutyControls } from './pager-duty-controls.js';
import type { Sample } from './sample.js';
import { SoakHost } from './soak-host.js';
import { takeSample } from './take-sample.js';
import { Traffic } from './traffic.js';
import { makeTrouble } from './troubles.js';

const pollSeconds = 5;
const connections = 8;
/** An integration key of the sandbox's account. */
const serviceKey = 'e2000000000000000000000000000001';
/** When the service is stopped and started again, as parts of the whole time; then it lives on to the end. */
const restarts = [
  { at: 0.08, signal: 'SIGTERM' },
  { at: 0.16, signal: 'SIGKILL' },
  { at: 0.24, signal: 'SIGTERM' },
  { at: 0.32, signal: 'SIGKILL' },
] as const;
/** After the traffic has ended, the last polls may still wait for a back-off to be over. */
const longestSettlingMs = 120_000;

/** What a soak came to. */
export interface Soak {
  readonly minutes: number;
  readonly samples: readonly Sample[];
  readonly deliveries: Comparison;
  readonly hosts: number;
  readonly hostPolls: number;
  /** Polls of hosts that got no whole answer, or a 5xx. */
  readonly failedHostPolls: number;
  readonly actionCalls: number;
  readonly actionsDone: number;
  readonly happened: number;
  readonly troubles: number;
  /** Ends of the service, with the exit code; null after SIGKILL. */
  readonly restarts: readonly { readonly signal: string; readonly exitCode: number | null }[];
}

/** Plays traffic, faults and restarts for so many minutes, and records the service meanwhile. */
export async function playSoak(minutes: number, say: (line: string) => void): Promise<Soak> {
  const stage = await Stage.open();
  const stop = new AbortController();
  // One listener a host is no leak.
  setMaxListeners(0, stop.signal);
  try {
    const sandbox = await stage.sandbox();
    const people = new PagerDutyControls(sandbox.url);
    const env = { TRIGGER_POLL_SECONDS: `${pollSeconds}`, EVENT_RETENTION_HOURS: '1' };
    let service = await stage.service(sandbox, env);
    const { port } = new URL(service.url);
    const keys = await people.makeKeys(connections);
    const watched = await people.open('Watched for its notes', 2);
    // A first poll tells what happened within an interval before it: nothing is to have.
    await delay((pollSeconds + 2) * 1000);
    const hosts = keys.flatMap((key) => hostsOf(service.url, key, watched[0] ?? ''));
    await Promise.all(hosts.map((host) => host.poll()));
    const traffic = new Traffic({ people, connectorUrl: service.url, keys, serviceKey, watched });
    const firstItem = (await people.history(0)).length;
    const stopTraffic = new AbortController();
    const playing = Promise.all([traffic.run(stopTraffic.signal), makeTrouble(people, stopTraffic.signal)]);
    const polling = Promise.all(hosts.map((host) => host.run(stop.signal)));
    // What goes wrong with them ends the soak.
    const broken = Promise.race([playing, polling]).then(() => {
      throw new Error('Traffic or hosts have ended before the time.');
    });
    broken.catch(() => undefined);

    const samples: Sample[] = [];
    const ends: { signal: string; exitCode: number | null }[] = [];
    const startedAtMs = performance.now();
    const wholeMs = minutes * 60_000;
    const sampleMs = Math.min(5_000, Math.max(500, wholeMs / 60));
    let happened = 0;
    for (let elapsedMs = 0; elapsedMs < wholeMs; elapsedMs = performance.now() - startedAtMs) {
      await Promise.race([delay(sampleMs), broken]);
      const restart = restarts[ends.length];
      if (restart !== undefined && elapsedMs >= restart.at * wholeMs) {
        await service.child.stop(restart.signal);
        ends.push({ signal: restart.signal, exitCode: service.child.process.exitCode });
        service = await stage.service(sandbox, { ...env, PORT: port });
        say(`${(elapsedMs / 1000).toFixed(0)} s: ${restart.signal}, and started again`);
      }
      happened += (await people.history(firstItem + happened)).length;
      const atSeconds = (performance.now() - startedAtMs) / 1000;
      samples.push(await takeSample(service, { atSeconds, life: ends.length + 1, happened }, stage.dataDir('data')));
    }

    stopTraffic.abort();
    const [, troubles] = await playing;
    await people.endFaults();
    await settle(people, firstItem, hosts);
    stop.abort();
    await polling;
    const history = await people.history(firstItem);
    const sum = (of: (host: SoakHost) => number) => hosts.reduce((total, host) => total + of(host), 0);
    return {
      minutes,
      samples,
      deliveries: judgeDeliveries(history, hosts),
      hosts: hosts.length,
      hostPolls: sum(({ polls }) => polls),
      failedHostPolls: sum(({ failures }) => failures),
      actionCalls: traffic.calls,
      actionsDone: traffic.done,
      happened: history.length,
      troubles,
      restarts: ends,
    };
  } finally {
    stop.abort();
    await stage.close();
  }
}

function hostsOf(url: string, key: string, watched: string): SoakHost[] {
  const host = (path: string, kind: string, subject?: string) => new SoakHost({ url: url + path, key, kind, subject });
  return [
    host('/trigger2/incidents', 'created'),
    host(`/trigger1/incidents/${watched}/notes`, 'noted', watched),
    host('/trigger3/incidents/PUSER02', 'assigned', 'PUSER02'),
    host('/trigger4/incidents', 'acknowledged'),
    host('/trigger5/incidents', 'resolved'),
  ];
}

/** Waits until hosts have what they are owed, or as long as that may take; then a while longer, for what comes twice. */
async function settle(people: PagerDutyControls, firstItem: number, hosts: readonly SoakHost[]): Promise<void> {
  const history = await people.history(firstItem);
  for (let waitedMs = 0; waitedMs < longestSettlingMs; waitedMs += 1_000) {
    if (judgeDeliveries(history, hosts).lost === 0) break;
    await delay(1_000);
  }
  await delay(2 * (pollSeconds + 1) * 1_000);
}
