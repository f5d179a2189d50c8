import type { BriefIncident, ControlClient } from '../../sandbox/kit/control-client.js';
import type { Trigger } from '../../src/triggers/trigger.js';
import { triggers } from '../../src/triggers/triggers.js';
import type { DropdownList } from './action-cases.js';

/** Everything that the tests have to know of a trigger. One without a case, or a case that lacks something, is found out. */
export interface TriggerCase {
  readonly trigger: Trigger;
  /** The wire contract, word by word, since saved workflows depend on it: `GET /trigger2/incidents`. */
  readonly route: string;
  readonly summary: string;
  /** The required inputs: where each is sent, and the name that designers show. */
  readonly required: Readonly<Record<string, readonly [place: 'path' | 'query', label: string]>>;
  /** The inputs that have a dropdown, and its list. */
  readonly references: Readonly<Record<string, readonly [list: DropdownList]>>;
  readonly inputs: (incident: BriefIncident) => Readonly<Record<string, unknown>>;
  /** What the flow is to hear of. */
  readonly happens: (control: ControlClient, incident: BriefIncident) => Promise<unknown>;
  /** What a client of the definition hears. The incident is new and assigned to Grace. */
  readonly answer: (incident: BriefIncident) => object;
}

const alan = { id: 'PUSER03', summary: 'Alan Turing' };

/** What is alike in triggers for anything that happens to any incident. */
const ofAny = { required: {}, references: {}, inputs: () => ({}) };

/** Every trigger, in the order of the list. */
export const triggerCases: readonly TriggerCase[] = [
  {
    trigger: named('OnNewIncidentNote'),
    route: 'GET /trigger1/incidents/{incidentId}/notes',
    summary: 'When a note is added',
    required: { incidentId: ['path', 'Incident'] },
    references: { incidentId: ['incidents'] },
    inputs: ({ id }) => ({ incidentId: id }),
    happens: (control, { id }) => control.act(id, 'note', { userId: 'PUSER03', content: 'On it' }),
    answer: () => ({ notes: [{ content: 'On it', user: alan }] }),
  },
  {
    trigger: named('OnNewIncidentCreated'),
    route: 'GET /trigger2/incidents',
    summary: 'When an incident is created',
    ...ofAny,
    happens: (control) => control.trigger({ title: 'Another disk is full', serviceId: 'PSVCPAY' }),
    answer: () => ({ incidents: [{ summary: /Another disk is full/, assignedUserId: 'PUSER03' }] }),
  },
  {
    trigger: named('OnIncidentAssigned'),
    route: 'GET /trigger3/incidents/{userId}',
    summary: 'When an incident is assigned to a user',
    required: { userId: ['path', 'User'] },
    references: { userId: ['users'] },
    inputs: () => ({ userId: 'PUSER03' }),
    happens: (control, { id }) => control.act(id, 'assign', { userIds: ['PUSER03'] }),
    answer: ({ id }) => ({ incidents: [{ id, assignments: [{ assignee: alan }] }] }),
  },
  {
    trigger: named('OnIncidentAcknowledged'),
    route: 'GET /trigger4/incidents',
    summary: 'When an incident is acknowledged',
    ...ofAny,
    happens: (control, { id }) => control.act(id, 'acknowledge', { userId: 'PUSER02' }),
    answer: ({ id }) => ({ incidents: [{ id, assignedUserId: 'PUSER02' }] }),
  },
  {
    trigger: named('OnIncidentResolved'),
    route: 'GET /trigger5/incidents',
    summary: 'When an incident is resolved',
    ...ofAny,
    happens: (control, { id }) => control.act(id, 'resolve'),
    answer: ({ id }) => ({ incidents: [{ id, status: 'resolved', assignedUserId: null }] }),
  },
];

function named(id: string): Trigger {
  const trigger = triggers.find((one) => one.id === id);
  if (trigger === undefined) throw new Error(`there is no trigger ${id}`);
  return trigger;
}
