import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { ControlClient } from '../../sandbox/kit/control-client.js';
import {
  type Comparison,
  type HistoryEvent,
  judgeDeliveries,
  type Watched,
} from '../../sandbox/kit/delivery-oracle.js';
import { TriggerFollower } from '../../sandbox/kit/trigger-follower.js';
import { Stage } from '../bench/stage.js';
import { type Sample, takeSample } from './sample.js';
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
const maxSettlingMs = 120_000;

/** How deliveries compare with the truth, in numbers. */
export interface DeliveryCounts {
  readonly owed: number;
  readonly lost: number;
  /** Came more often than it happened, or never happened. */
  readonly tooMany: number;
}

/** What a soak came to. */
export interface Soak {
  readonly minutes: number;
  readonly samples: readonly Sample[];
  readonly deliveries: DeliveryCounts;
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
    const people = new ControlClient(sandbox.url);
    const env = { TRIGGER_POLL_SECONDS: `${pollSeconds}`, EVENT_RETENTION_HOURS: '1' };
    let service = await stage.service(sandbox, env);
    const { port } = new URL(service.url);
    const keys = (await people.newKeys(connections)).map(({ key }) => key);
    const watched = (await people.trigger({ title: 'Watched for its notes', count: 2 })).map(({ id }) => id);
    // A first poll tells what happened within an interval before it: nothing is to have.
    await delay((pollSeconds + 2) * 1000);
    const hosts = keys.flatMap((key) => hostsOf(service.url, key, watched[0] ?? ''));
    await Promise.all(hosts.map(({ follower }) => follower.poll()));
    const traffic = new Traffic({ people, connectorUrl: service.url, keys, serviceKey, watched });
    const firstItem = (await people.events(0)).length;
    const stopTraffic = new AbortController();
    const playing = Promise.all([traffic.run(stopTraffic.signal), makeTrouble(people, stopTraffic.signal)]);
    const polling = Promise.all(hosts.map(({ follower }) => follower.run(stop.signal)));
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
      happened += (await people.events(firstItem + happened)).length;
      const atSeconds = (performance.now() - startedAtMs) / 1000;
      samples.push(await takeSample(service, { atSeconds, life: ends.length + 1, happened }, stage.dataDir('data')));
    }

    stopTraffic.abort();
    const [, troubles] = await playing;
    await people.clearFaults();
    await settle(people, firstItem, hosts);
    stop.abort();
    await polling;
    const history = await people.events(firstItem);
    const { owed, lost, surplus } = judge(history, hosts);
    const sum = (of: (follower: TriggerFollower) => number) =>
      hosts.reduce((total, { follower }) => total + of(follower), 0);
    return {
      minutes,
      samples,
      deliveries: { owed, lost: lost.length, tooMany: surplus.length },
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

/** A follower, and what it waits for. */
interface Host extends Watched {
  readonly follower: TriggerFollower;
}

function hostsOf(url: string, key: string, watched: string): Host[] {
  // While PagerDuty limits calls, polls are answered 429.
  const passes = (status: number) => status >= 500 || status === 429;
  const host = (path: string, kind: string, subject?: string) => {
    return { kind, subject, follower: new TriggerFollower({ url: url + path, key, passes }) };
  };
  return [
    host('/trigger2/incidents', 'created'),
    host(`/trigger1/incidents/${watched}/notes`, 'noted', watched),
    host('/trigger3/incidents/PUSER02', 'assigned', 'PUSER02'),
    host('/trigger4/incidents', 'acknowledged'),
    host('/trigger5/incidents', 'resolved'),
  ];
}

function judge(history: readonly HistoryEvent[], hosts: readonly Host[]): Comparison {
  const deliveries = hosts.map(({ kind, subject, follower }) => ({ kind, subject, received: follower.received }));
  return judgeDeliveries(history, deliveries);
}

/** Waits until hosts have what they are owed, or as long as that may take; then a while longer, for what comes twice. */
async function settle(people: ControlClient, firstItem: number, hosts: readonly Host[]): Promise<void> {
  const history = await people.events(firstItem);
  for (let waitedMs = 0; waitedMs < maxSettlingMs; waitedMs += 1_000) {
    if (judge(history, hosts).lost.length === 0) break;
    await delay(1_000);
  }
  await delay(2 * (pollSeconds + 1) * 1_000);
}
