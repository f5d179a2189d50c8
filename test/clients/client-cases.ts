import { sandboxCredentials } from '../../sandbox/account/seed-account.js';
import type { BriefIncident, ControlClient } from '../../sandbox/kit/control-client.js';

/** One call of an operation of the definition, as a client makes it. */
export interface ClientCase {
  /** By their names in the definition; the body is called `body`. */
  readonly parameters?: (incident: BriefIncident) => object;
  /** Triggers only: what the client is to hear of. */
  readonly happens?: (control: ControlClient, incident: BriefIncident) => Promise<unknown>;
  /** What the 200 has to match. */
  readonly answer: (incident: BriefIncident) => object;
}

const by = { userId: 'PUSER02' };
const grace = { id: 'PUSER02', summary: 'Grace Hopper' };
const alan = { id: 'PUSER03', summary: 'Alan Turing' };
const onIncident = (body: object) => ({
  parameters: ({ id }: BriefIncident) => ({ incidentId: id, body: { ...by, ...body } }),
});
const listed = ({ id }: BriefIncident) => ({ incidents: [{ id, assignedUserId: 'PUSER02' }] });

/** Every operation of the definition, by its operationId. The incident is new and assigned to Grace. */
export const clientCases: Readonly<Record<string, ClientCase>> = {
  GetIncidentByKey: {
    parameters: ({ key }) => ({ incident_key: key }),
    answer: ({ id, key }) => ({ id, incident_key: key, status: 'triggered', assignments: [{ assignee: grace }] }),
  },
  GetUser: {
    parameters: () => ({ userId: 'PUSER03' }),
    answer: () => ({ id: 'PUSER03', name: 'Alan Turing', email: 'alan@sandbox.example', teams: [{ id: 'PTEAM02' }] }),
  },
  AddNoteToIncident: {
    ...onIncident({ note: 'Grüße, I am looking. 🔥' }),
    answer: () => ({ user: grace, note: { content: 'Grüße, I am looking. 🔥', user: grace } }),
  },
  AcknowledgeIncident: {
    ...onIncident({}),
    answer: ({ id }) => ({ id, status: 'acknowledged', acknowledgements: [{ acknowledger: grace }] }),
  },
  ResolveIncident: {
    ...onIncident({}),
    answer: ({ id }) => ({ id, status: 'resolved', assignedUserId: null, last_status_change_by: grace }),
  },
  ReassignIncident: {
    ...onIncident({ reassignUserId: 'PUSER03' }),
    answer: ({ id }) => ({ id, assignedUserId: 'PUSER03', assignments: [{ assignee: alan }] }),
  },
  SnoozeIncident: {
    ...onIncident({ duration: 3_600 }),
    answer: ({ id }) => ({ id, status: 'acknowledged', pending_actions: [{ type: 'unacknowledge' }] }),
  },
  EscalateIncident: {
    ...onIncident({ policyId: 'PPOLPAY' }),
    answer: ({ id }) => ({ id, escalation_policy: { id: 'PPOLPAY', summary: 'Payments' }, assignedUserId: 'PUSER03' }),
  },
  CreateIncident: {
    parameters: () => ({
      body: { service_key: sandboxCredentials.eventsV2Keys.PSVCPAY, description: 'The disk is full' },
    }),
    answer: () => ({ incident_key: /^[\w-]{20,}$/ }),
  },
  CreateServiceIncident: {
    parameters: () => ({ serviceId: 'PSVCPAY', body: { ...by, title: 'Payments are late', urgency: 'low' } }),
    answer: () => ({ status: 'triggered', urgency: 'low', service: { id: 'PSVCPAY' }, assignedUserId: 'PUSER03' }),
  },
  SendEvent: {
    parameters: ({ key }) => ({
      body: { routing_key: sandboxCredentials.eventsV2Keys.PSVCWEB, event_action: 'acknowledge', dedup_key: key },
    }),
    answer: ({ key }) => ({ status: 'success', dedup_key: key }),
  },
  SendChangeEvent: {
    parameters: () => ({
      body: { routing_key: sandboxCredentials.eventsV2Keys.PSVCWEB, summary: 'Deployed', custom_details: { build: 7 } },
    }),
    answer: () => ({ status: 'success', message: /./ }),
  },
  ListServices: {
    parameters: () => ({ query: 'pay' }),
    answer: () => ({ services: [{ id: 'PSVCPAY', summary: 'Payments' }] }),
  },
  ListPriorities: { answer: () => ({ priorities: [{ summary: 'P1' }, {}, {}, {}, {}] }) },
  ListIncidents: { answer: listed },
  ListUsers: {
    parameters: () => ({ query: 'Hopper' }),
    answer: () => ({ users: [{ id: 'PUSER02', name: 'Grace Hopper' }] }),
  },
  ListEscalationPolicies: {
    parameters: () => ({ query: 'pay' }),
    answer: () => ({ escalation_policies: [{ id: 'PPOLPAY', summary: 'Payments' }] }),
  },
  TestConnection: { answer: () => ({ access: 'full', message: /./ }) },
  OnNewIncidentNote: {
    parameters: ({ id }) => ({ incidentId: id }),
    happens: (control, { id }) => control.act(id, 'note', { userId: 'PUSER03', content: 'On it' }),
    answer: () => ({ notes: [{ content: 'On it', user: alan }] }),
  },
  OnNewIncidentCreated: {
    happens: (control) => control.trigger({ title: 'Another disk is full', serviceId: 'PSVCPAY' }),
    answer: () => ({ incidents: [{ summary: /Another disk is full/, assignedUserId: 'PUSER03' }] }),
  },
  OnIncidentAssigned: {
    parameters: () => ({ userId: 'PUSER03' }),
    happens: (control, { id }) => control.act(id, 'assign', { userIds: ['PUSER03'] }),
    answer: ({ id }) => ({ incidents: [{ id, assignments: [{ assignee: alan }] }] }),
  },
  OnIncidentAcknowledged: {
    happens: (control, { id }) => control.act(id, 'acknowledge', { userId: 'PUSER02' }),
    answer: listed,
  },
  OnIncidentResolved: {
    happens: (control, { id }) => control.act(id, 'resolve'),
    answer: ({ id }) => ({ incidents: [{ id, status: 'resolved', assignedUserId: null }] }),
  },
};
