import { setTimeout as delay } from 'node:timers/promises';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import type { ControlClient } from '../../sandbox/kit/control-client.js';
import type { connectorCaller } from './connector-caller.js';
import type { Narrator } from './narrator.js';

const createdKey = Compile(Type.Object({ incident_key: Type.String() }));
const incidentOf = Compile(Type.Object({ id: Type.String(), status: Type.String(), summary: Type.String() }));

/** What the scenario plays with. */
export interface Stage {
  readonly say: Narrator;
  readonly people: ControlClient;
  readonly call: ReturnType<typeof connectorCaller>;
  /** Integration keys of the Events APIs. */
  readonly v2Key: string;
  readonly v1Key: string;
  /** A pause between two scenes. */
  readonly pauseMs: number;
}

/** A few incidents live their lives: some through the connector's actions, some behind its back. */
export async function playScenario(stage: Stage): Promise<void> {
  const { say, people, call } = stage;
  const pause = () => delay(stage.pauseMs);
  await pause();

  const key = await create(stage, stage.v2Key, 'Checkout answers slowly');
  await pause();
  const checkout = incidentOf.Parse((await call('GET', `/action8/incidents?incident_key=${key}`)).body);
  say('connector', `GetIncidentByKey finds ${checkout.summary}: ${checkout.status}.`);
  await pause();
  await changeStatus(stage, 'AcknowledgeIncident', '/action1', checkout.id, 'PUSER02');
  await pause();

  const [short] = await people.trigger({ title: 'A glitch that is over at once', serviceId: 'PSVCPAY' });
  await people.act(short.id, 'acknowledge', { userId: 'PUSER03' });
  await people.act(short.id, 'resolve', { userId: 'PUSER03' });
  say('PagerDuty', `#${short.number} is created, acknowledged and resolved by people: a whole life between two polls.`);
  await pause();

  const burst = await people.trigger({ title: 'Disk almost full on node', count: 3 });
  say('PagerDuty', `${burst.map(({ number }) => `#${number}`).join(', ')} are created by monitoring in one second.`);
  await pause();

  const refused = await call('PUT', `/action1/incidents/${short.id}`, { userId: 'PUSER02' });
  say('connector', `AcknowledgeIncident on resolved #${short.number}: ${refused.status}. ${refused.error ?? ''}`);
  await pause();

  await create(stage, stage.v1Key, 'Nightly export failed (an Events API v1 key)');
  await pause();
  await changeStatus(stage, 'ResolveIncident', '/action2', checkout.id, 'PUSER02');
  await pause();
}

async function create({ call, say }: Stage, serviceKey: string, description: string): Promise<string> {
  const answer = await call('POST', '/incidents/create', { service_key: serviceKey, description });
  const { incident_key } = createdKey.Parse(answer.body);
  say('connector', `CreateIncident "${description}": ${answer.status}, key ${incident_key}.`);
  return incident_key;
}

async function changeStatus({ call, say }: Stage, name: string, path: string, id: string, userId: string) {
  const answer = await call('PUT', `${path}/incidents/${id}`, { userId });
  const { summary, status } = incidentOf.Parse(answer.body);
  say('connector', `${name} as ${userId}: ${answer.status}, ${summary} is ${status}.`);
}
