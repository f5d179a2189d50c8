import { sandboxCredentials } from '../../sandbox/account/seed-account.js';
import type { BriefIncident } from '../../sandbox/kit/control-client.js';
import type { Operation } from '../../src/operations/operation.js';
import { operations } from '../../src/operations/operations.js';

/** A request as PagerDuty should get it. A `body` may hold regular expressions. */
export interface Expected {
  readonly method: string;
  readonly path: string;
  readonly query?: object;
  readonly from?: string;
  readonly body?: object;
}

/**
 * How an operation goes on when PagerDuty fails: a `read` is sent again, a `change` is looked at before it is sent
 * again, and what goes `once` is not sent again.
 */
export type Persistence = 'read' | 'change' | 'once';

/** An operation of the contract with good inputs, and what it does to PagerDuty. */
export interface ActionCase {
  readonly operation: Operation;
  /** The contract's word for it, so that a changed path or method is found out. */
  readonly route: string;
  readonly inputs: (incident: BriefIncident) => Readonly<Record<string, unknown>>;
  /** The requests of a connection that knows the acting user already. */
  readonly sends: (incident: BriefIncident) => readonly Expected[];
  /** Which of these decides how the operation ends; faults are laid there. */
  readonly decisive: { readonly method: string };
  readonly persistence: Persistence;
  /** What the incident has to be first. */
  readonly needs?: 'acknowledged';
  /** The integration that an event goes to, and the name under which the sandbox logs its requests. */
  readonly integration?: { readonly key: string; readonly name: string };
}

const grace = { userId: 'PUSER02', email: 'grace@sandbox.example' };
const { eventsV2Keys } = sandboxCredentials;
const allOf = (query?: object) => ({ offset: '0', limit: '100', ...query });

function update(incident: BriefIncident, change: object): Expected {
  return {
    method: 'PUT',
    path: `/incidents/${incident.id}`,
    from: grace.email,
    body: { incident: { type: 'incident_reference', ...change } },
  };
}

/** Every operation, in the order of the list. The acting user is Grace, who is on call. */
export const actionCases: readonly ActionCase[] = [
  {
    operation: named('GetIncidentByKey'),
    route: 'GET /action8/incidents',
    inputs: ({ key }) => ({ incident_key: key }),
    sends: ({ key }) => [
      {
        method: 'GET',
        path: '/incidents',
        query: { incident_key: key, date_range: 'all', sort_by: 'created_at:desc', limit: '100' },
      },
    ],
    decisive: { method: 'GET' },
    persistence: 'read',
  },
  {
    operation: named('GetUser'),
    route: 'GET /users/{userId}',
    inputs: () => ({ userId: 'PUSER03' }),
    sends: () => [{ method: 'GET', path: '/users/PUSER03' }],
    decisive: { method: 'GET' },
    persistence: 'read',
  },
  {
    operation: named('AddNoteToIncident'),
    route: 'POST /incidents/{incidentId}/notes',
    inputs: ({ id }) => ({ incidentId: id, userId: grace.userId, note: 'Grüße, I am looking. 🔥' }),
    sends: ({ id }) => [
      {
        method: 'POST',
        path: `/incidents/${id}/notes`,
        from: grace.email,
        body: { note: { content: 'Grüße, I am looking. 🔥' } },
      },
    ],
    decisive: { method: 'POST' },
    persistence: 'once',
  },
  {
    operation: named('AcknowledgeIncident'),
    route: 'PUT /action1/incidents/{incidentId}',
    inputs: ({ id }) => ({ incidentId: id, userId: grace.userId }),
    sends: (incident) => [
      { method: 'GET', path: `/incidents/${incident.id}` },
      update(incident, { status: 'acknowledged' }),
    ],
    decisive: { method: 'PUT' },
    persistence: 'change',
  },
  {
    operation: named('ResolveIncident'),
    route: 'PUT /action2/incidents/{incidentId}',
    inputs: ({ id }) => ({ incidentId: id, userId: grace.userId }),
    sends: (incident) => [update(incident, { status: 'resolved' })],
    decisive: { method: 'PUT' },
    persistence: 'change',
  },
  {
    operation: named('ReassignIncident'),
    route: 'PUT /action3/incidents/{incidentId}',
    inputs: ({ id }) => ({ incidentId: id, userId: grace.userId, reassignUserId: 'PUSER03' }),
    sends: (incident) => [update(incident, { assignments: [{ assignee: { id: 'PUSER03', type: 'user_reference' } }] })],
    decisive: { method: 'PUT' },
    persistence: 'change',
  },
  {
    operation: named('SnoozeIncident'),
    route: 'POST /action4/incidents/{incidentId}/snooze',
    inputs: ({ id }) => ({ incidentId: id, userId: grace.userId, duration: 3600 }),
    sends: ({ id }) => [
      { method: 'POST', path: `/incidents/${id}/snooze`, from: grace.email, body: { duration: 3600 } },
    ],
    decisive: { method: 'POST' },
    persistence: 'once',
    needs: 'acknowledged',
  },
  {
    operation: named('EscalateIncident'),
    route: 'PUT /action5/incidents/{incidentId}',
    inputs: ({ id }) => ({ incidentId: id, userId: grace.userId, policyId: 'PPOLPAY' }),
    sends: (incident) => [
      update(incident, { escalation_policy: { id: 'PPOLPAY', type: 'escalation_policy_reference' } }),
    ],
    decisive: { method: 'PUT' },
    persistence: 'once',
  },
  {
    operation: named('CreateIncident'),
    route: 'POST /incidents/create',
    inputs: () => ({ service_key: eventsV2Keys.PSVCPAY, description: 'The disk is full' }),
    sends: () => [
      {
        method: 'POST',
        path: '/v2/enqueue',
        body: {
          routing_key: eventsV2Keys.PSVCPAY,
          event_action: 'trigger',
          dedup_key: /^[\w-]{20,}$/,
          payload: { summary: 'The disk is full', source: /./, severity: 'critical' },
        },
      },
    ],
    decisive: { method: 'POST' },
    persistence: 'read',
    integration: { key: eventsV2Keys.PSVCPAY, name: 'PSVCPAY events v2' },
  },
  {
    operation: named('CreateServiceIncident'),
    route: 'POST /services/{serviceId}/incidents',
    inputs: () => ({
      serviceId: 'PSVCPAY',
      userId: grace.userId,
      title: 'Grüße, the disk is full 🔥',
      details: 'Since noon.',
      urgency: 'low',
      priorityId: 'PPRIO02',
      assigneeId: 'PUSER03',
    }),
    sends: () => [
      {
        method: 'POST',
        path: '/incidents',
        from: grace.email,
        body: {
          incident: {
            type: 'incident',
            title: 'Grüße, the disk is full 🔥',
            service: { id: 'PSVCPAY', type: 'service_reference' },
            body: { type: 'incident_body', details: 'Since noon.' },
            urgency: 'low',
            priority: { id: 'PPRIO02', type: 'priority_reference' },
            assignments: [{ assignee: { id: 'PUSER03', type: 'user_reference' } }],
          },
        },
      },
    ],
    decisive: { method: 'POST' },
    persistence: 'once',
  },
  {
    operation: named('SendEvent'),
    route: 'POST /events/send',
    inputs: () => ({
      routing_key: eventsV2Keys.PSVCWEB,
      event_action: 'trigger',
      summary: 'Grüße, the disk is full 🔥',
      severity: 'warning',
      source: 'db-1',
      dedup_key: 'db-1/disk',
      component: 'mysql',
      group: 'prod',
      class: 'disk usage',
      custom_details: { 'free space': '1%', load: [0.75, null], deep: { er: true } },
      images: [{ src: 'https://example.com/graph.png', href: 'https://example.com', alt: 'A graph' }],
      links: [{ href: 'https://example.com/runbook', text: 'The runbook' }, { href: 'https://example.com' }],
      client: 'Monitoring',
      client_url: 'https://monitoring.example.com/alerts/1',
      timestamp: '2015-07-17T08:42:58.315+0000',
    }),
    sends: () => [
      {
        method: 'POST',
        path: '/v2/enqueue',
        body: {
          routing_key: eventsV2Keys.PSVCWEB,
          event_action: 'trigger',
          dedup_key: 'db-1/disk',
          payload: {
            summary: 'Grüße, the disk is full 🔥',
            source: 'db-1',
            severity: 'warning',
            timestamp: '2015-07-17T08:42:58.315+0000',
            component: 'mysql',
            group: 'prod',
            class: 'disk usage',
            custom_details: { 'free space': '1%', load: [0.75, null], deep: { er: true } },
          },
          images: [{ src: 'https://example.com/graph.png', href: 'https://example.com', alt: 'A graph' }],
          links: [{ href: 'https://example.com/runbook', text: 'The runbook' }, { href: 'https://example.com' }],
          client: 'Monitoring',
          client_url: 'https://monitoring.example.com/alerts/1',
        },
      },
    ],
    decisive: { method: 'POST' },
    persistence: 'read',
    integration: { key: eventsV2Keys.PSVCWEB, name: 'PSVCWEB events v2' },
  },
  {
    operation: named('SendChangeEvent'),
    route: 'POST /events/change',
    inputs: () => ({
      routing_key: eventsV2Keys.PSVCBAT,
      summary: 'Deployed 1.2.3',
      source: 'pipeline-7',
      timestamp: '2026-01-05T09:00:00Z',
      details_text: 'By Grace.',
      links: [{ href: 'https://example.com/builds/220', text: 'The build' }],
    }),
    sends: () => [
      {
        method: 'POST',
        path: '/v2/change/enqueue',
        body: {
          routing_key: eventsV2Keys.PSVCBAT,
          payload: {
            summary: 'Deployed 1.2.3',
            source: 'pipeline-7',
            timestamp: '2026-01-05T09:00:00Z',
            custom_details: 'By Grace.',
          },
          links: [{ href: 'https://example.com/builds/220', text: 'The build' }],
        },
      },
    ],
    decisive: { method: 'POST' },
    persistence: 'once',
    integration: { key: eventsV2Keys.PSVCBAT, name: 'PSVCBAT events v2' },
  },
  {
    operation: named('ListIncidents'),
    route: 'GET /incidents',
    inputs: () => ({}),
    sends: () => [
      {
        method: 'GET',
        path: '/incidents',
        query: allOf({
          'statuses[]': ['triggered', 'acknowledged'],
          date_range: 'all',
          sort_by: 'incident_number:desc',
        }),
      },
    ],
    decisive: { method: 'GET' },
    persistence: 'read',
  },
  {
    operation: named('ListUsers'),
    route: 'GET /users',
    inputs: () => ({ query: 'Ada & Co?' }),
    sends: () => [{ method: 'GET', path: '/users', query: allOf({ query: 'Ada & Co?' }) }],
    decisive: { method: 'GET' },
    persistence: 'read',
  },
  {
    operation: named('ListEscalationPolicies'),
    route: 'GET /escalation_policies',
    inputs: () => ({ query: 'pay' }),
    sends: () => [{ method: 'GET', path: '/escalation_policies', query: allOf({ query: 'pay' }) }],
    decisive: { method: 'GET' },
    persistence: 'read',
  },
  {
    operation: named('ListServices'),
    route: 'GET /services',
    inputs: () => ({ query: 'Web & Co' }),
    sends: () => [{ method: 'GET', path: '/services', query: allOf({ query: 'Web & Co' }) }],
    decisive: { method: 'GET' },
    persistence: 'read',
  },
  {
    operation: named('ListPriorities'),
    route: 'GET /priorities',
    inputs: () => ({}),
    sends: () => [{ method: 'GET', path: '/priorities', query: allOf() }],
    decisive: { method: 'GET' },
    persistence: 'read',
  },
  {
    operation: named('TestConnection'),
    route: 'GET /test_connection',
    inputs: () => ({}),
    sends: () => [
      { method: 'GET', path: '/users', query: { limit: '1' } },
      {
        method: 'PUT',
        path: '/incidents/PTESTCONNECTIO',
        from: 'nobody@connection-test.invalid',
        body: { incident: { type: 'incident_reference' } },
      },
    ],
    decisive: { method: 'GET' },
    persistence: 'read',
  },
];

/** The request of an operation: each input where the contract has it. */
export function requestOf(
  operation: Operation,
  inputs: Readonly<Record<string, unknown>>,
): { method: string; path: string; body?: object } {
  const inPath = (name: string) => operation.path.includes(`{${name}}`);
  const others = Object.entries(inputs).filter(([name]) => !inPath(name));
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(inputs[name])));
  if (operation.method !== 'GET') return { method: operation.method, path, body: Object.fromEntries(others) };
  const query = new URLSearchParams(Object.fromEntries(others.map(([name, value]) => [name, String(value)])));
  return { method: 'GET', path: query.size === 0 ? path : `${path}?${query}` };
}

function named(id: string): Operation {
  const operation = operations.find((one) => one.id === id);
  if (operation === undefined) throw new Error(`there is no operation ${id}`);
  return operation;
}
