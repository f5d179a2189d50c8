import { sandboxCredentials } from '../../sandbox/account/seed-account.js';
import type { BriefIncident, ControlClient } from '../../sandbox/kit/control-client.js';
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

/** A list that fills a dropdown, by the property of the answer that holds it. */
export type DropdownList = 'incidents' | 'users' | 'escalation_policies' | 'services' | 'priorities';

/**
 * Everything that the tests have to know of an operation. An operation without a case, and a case that lacks something,
 * is found out by a test or the compiler: nothing is left out silently.
 */
export interface ActionCase {
  readonly operation: Operation;
  /** The wire contract, word by word, since saved workflows depend on it: `PUT /action1/incidents/{incidentId}`. */
  readonly route: string;
  readonly summary: string;
  /** The required inputs: where each is sent, and the name that designers show. */
  readonly required: Readonly<Record<string, readonly [place: 'path' | 'query' | 'body', label: string]>>;
  /** Whether flow makers do not see it. */
  readonly isHidden: boolean;
  /** The inputs that have a dropdown: its list, and the code of the answer to an id that PagerDuty does not have. */
  readonly references: Readonly<Record<string, readonly [list: DropdownList, unknown: string]>>;
  /** Good inputs. The second incident is for operations that take two; it is always there if the first one is real. */
  readonly inputs: (incident: BriefIncident, other?: BriefIncident) => Readonly<Record<string, unknown>>;
  /** Good inputs, some of them replaced so that they are wrong together, and the input that is complained about. */
  readonly refuses: readonly (readonly [inputs: object, field: string])[];
  /** The requests of a connection that knows the acting user already. */
  readonly sends: (incident: BriefIncident, other?: BriefIncident) => readonly Expected[];
  /** Which of these decides how the operation ends; faults are laid there. */
  readonly decisive: { readonly method: string };
  readonly persistence: Persistence;
  /** Whether the same call soon after is answered from memory. */
  readonly isCached: boolean;
  /** What the answer is if PagerDuty answers the decisive request so: with a field of next year, without some of today. */
  readonly answers: readonly [upstream: object, answered: object];
  /** What a client of the definition gets for the good inputs, or for others. The incidents are new, and Grace's. */
  readonly client: {
    readonly inputs?: (incident: BriefIncident) => Readonly<Record<string, unknown>>;
    readonly answer: (incident: BriefIncident) => object;
  };
  /** What the incident has to be first. */
  readonly needs?: 'acknowledged';
  /** The integration that an event goes to, and the name under which the sandbox logs its requests. */
  readonly integration?: { readonly key: string; readonly name: string };
  /** The code of the answer to a key that PagerDuty refuses, if it is the operation's own. */
  readonly unauthorized?: string;
}

/** Opens an incident as an operation needs it, and one beside it. */
export async function prepare(
  control: ControlClient,
  { operation, needs }: ActionCase,
): Promise<readonly [incident: BriefIncident, other: BriefIncident]> {
  const [incident, other = incident] = await control.trigger({ title: `For ${operation.id}`, count: 2 });
  if (needs === 'acknowledged') await control.act(incident.id, 'acknowledge', { userId: grace.userId });
  return [incident, other];
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

/** What PagerDuty may send: a field that nobody has declared, and little else. */
const fresh = { a_field_of_next_year: { deep: [1, null] } };
const bare = { id: 'PBARE01', status: 'triggered', created_at: '2026-01-05T09:00:00Z', ...fresh };
const bareNote = { id: 'PNOTE01', content: 'x', created_at: '2026-01-05T09:00:00Z', user: { id: 'PUSER02' }, ...fresh };

const ofIncident = ['incidents', 'pagerduty_not_found'] as const;
const ofUser = ['users', 'unknown_user'] as const;
const ofPolicy = ['escalation_policies', 'unknown_escalation_policy'] as const;
const ofPriority = ['priorities', 'unknown_priority'] as const;
/** Whom the sandbox's people are in an answer. */
const people = { grace: { id: 'PUSER02', summary: 'Grace Hopper' }, alan: { id: 'PUSER03', summary: 'Alan Turing' } };

/** What is alike in actions on an incident by a user. */
const onIncident = (actor: string) => ({
  required: { incidentId: ['path', 'Incident'], userId: ['body', actor] } as const,
  references: { incidentId: ofIncident, userId: ofUser },
  isHidden: false,
  isCached: false,
  refuses: [],
});

/** What is alike in lookups. */
const lookup = { required: {}, references: {}, isHidden: true, isCached: true, refuses: [] };

/** What is alike in operations that name nothing of PagerDuty's. */
const plain = { references: {}, isHidden: false, isCached: false, refuses: [] };

/** Every operation, in the order of the list. The acting user is Grace, who is on call. */
export const actionCases: readonly ActionCase[] = [
  {
    operation: named('GetIncidentByKey'),
    route: 'GET /action8/incidents',
    summary: 'Get incident',
    ...plain,
    required: { incident_key: ['query', 'Incident'] },
    references: { incident_key: ['incidents', 'incident_not_found'] },
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
    answers: [{ incidents: [bare] }, bare],
    client: {
      answer: ({ id, key }) => ({
        id,
        incident_key: key,
        status: 'triggered',
        assignments: [{ assignee: people.grace }],
      }),
    },
  },
  {
    operation: named('GetUser'),
    route: 'GET /users/{userId}',
    summary: 'Get user by ID',
    ...plain,
    required: { userId: ['path', 'User Id'] },
    references: { userId: ['users', 'pagerduty_not_found'] },
    inputs: () => ({ userId: 'PUSER03' }),
    sends: () => [{ method: 'GET', path: '/users/PUSER03' }],
    decisive: { method: 'GET' },
    persistence: 'read',
    answers: [
      { user: { id: 'PUSER03', ...fresh } },
      { id: 'PUSER03', ...fresh, email: null, teams: [], contact_methods: [], coordinated_incidents: [] },
    ],
    client: {
      answer: () => ({ id: 'PUSER03', name: 'Alan Turing', email: 'alan@sandbox.example', teams: [{ id: 'PTEAM02' }] }),
    },
  },
  {
    operation: named('AddNoteToIncident'),
    route: 'POST /incidents/{incidentId}/notes',
    summary: 'Add note to incident',
    ...onIncident('Added by'),
    required: { ...onIncident('Added by').required, note: ['body', 'Note'] },
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
    answers: [{ note: bareNote }, { user: { id: 'PUSER02' }, note: bareNote }],
    client: {
      answer: () => ({ user: people.grace, note: { content: 'Grüße, I am looking. 🔥', user: people.grace } }),
    },
  },
  {
    operation: named('AcknowledgeIncident'),
    route: 'PUT /action1/incidents/{incidentId}',
    summary: 'Acknowledge incident',
    ...onIncident('Acknowledged by'),
    inputs: ({ id }) => ({ incidentId: id, userId: grace.userId }),
    sends: (incident) => [
      { method: 'GET', path: `/incidents/${incident.id}` },
      update(incident, { status: 'acknowledged' }),
    ],
    decisive: { method: 'PUT' },
    persistence: 'change',
    answers: [{ incident: bare }, bare],
    client: {
      answer: ({ id }) => ({ id, status: 'acknowledged', acknowledgements: [{ acknowledger: people.grace }] }),
    },
  },
  {
    operation: named('ResolveIncident'),
    route: 'PUT /action2/incidents/{incidentId}',
    summary: 'Resolve incident',
    ...onIncident('Resolved by'),
    inputs: ({ id }) => ({ incidentId: id, userId: grace.userId }),
    sends: (incident) => [update(incident, { status: 'resolved' })],
    decisive: { method: 'PUT' },
    persistence: 'change',
    answers: [
      { incident: { ...bare, assignments: null } },
      { ...bare, assignedUserId: null, assignments: [], acknowledgements: [], teams: [], service: null },
    ],
    client: {
      answer: ({ id }) => ({ id, status: 'resolved', assignedUserId: null, last_status_change_by: people.grace }),
    },
  },
  {
    operation: named('ReassignIncident'),
    route: 'PUT /action3/incidents/{incidentId}',
    summary: 'Reassign incident',
    ...onIncident('From user'),
    required: { ...onIncident('From user').required, reassignUserId: ['body', 'To user'] },
    references: { incidentId: ofIncident, userId: ofUser, reassignUserId: ofUser },
    inputs: ({ id }) => ({ incidentId: id, userId: grace.userId, reassignUserId: 'PUSER03' }),
    sends: (incident) => [update(incident, { assignments: [{ assignee: { id: 'PUSER03', type: 'user_reference' } }] })],
    decisive: { method: 'PUT' },
    persistence: 'change',
    answers: [
      { incident: { ...bare, assignments: [{ assignee: { id: 'P1' } }, { assignee: { id: 'P2' } }] } },
      { ...bare, assignedUserId: 'P1' },
    ],
    client: { answer: ({ id }) => ({ id, assignedUserId: 'PUSER03', assignments: [{ assignee: people.alan }] }) },
  },
  {
    operation: named('SnoozeIncident'),
    route: 'POST /action4/incidents/{incidentId}/snooze',
    summary: 'Snooze incident',
    ...onIncident('Snoozed by'),
    required: { ...onIncident('Snoozed by').required, duration: ['body', 'Snooze'] },
    inputs: ({ id }) => ({ incidentId: id, userId: grace.userId, duration: 3600 }),
    sends: ({ id }) => [
      { method: 'POST', path: `/incidents/${id}/snooze`, from: grace.email, body: { duration: 3600 } },
    ],
    decisive: { method: 'POST' },
    persistence: 'once',
    needs: 'acknowledged',
    answers: [{ incident: bare }, bare],
    client: { answer: ({ id }) => ({ id, status: 'acknowledged', pending_actions: [{ type: 'unacknowledge' }] }) },
  },
  {
    operation: named('EscalateIncident'),
    route: 'PUT /action5/incidents/{incidentId}',
    summary: 'Escalate incident',
    ...onIncident('Escalated by'),
    required: { ...onIncident('Escalated by').required, policyId: ['body', 'Escalation policy'] },
    references: { incidentId: ofIncident, userId: ofUser, policyId: ofPolicy },
    inputs: ({ id }) => ({ incidentId: id, userId: grace.userId, policyId: 'PPOLPAY' }),
    sends: (incident) => [
      update(incident, { escalation_policy: { id: 'PPOLPAY', type: 'escalation_policy_reference' } }),
    ],
    decisive: { method: 'PUT' },
    persistence: 'once',
    answers: [{ incident: bare }, bare],
    client: {
      answer: ({ id }) => ({
        id,
        escalation_policy: { id: 'PPOLPAY', summary: 'Payments' },
        assignedUserId: 'PUSER03',
      }),
    },
  },
  {
    operation: named('UpdateIncident'),
    route: 'PUT /incidents/{incidentId}/update',
    summary: 'Update incident',
    ...onIncident('Updated By'),
    references: { incidentId: ofIncident, userId: ofUser, priorityId: ofPriority },
    inputs: ({ id }) => ({
      incidentId: id,
      userId: grace.userId,
      title: 'Grüße, the disk is full 🔥',
      urgency: 'low',
      priorityId: 'PPRIO02',
    }),
    refuses: [[{ title: undefined, urgency: undefined, priorityId: undefined }, 'title']],
    sends: (incident) => [
      update(incident, {
        title: 'Grüße, the disk is full 🔥',
        urgency: 'low',
        priority: { id: 'PPRIO02', type: 'priority_reference' },
      }),
    ],
    decisive: { method: 'PUT' },
    persistence: 'change',
    answers: [{ incident: { ...bare, priority: null } }, { ...bare, priority: null, assignedUserId: null, teams: [] }],
    client: {
      answer: ({ id }) => ({ id, summary: /Grüße, the disk is full 🔥/, urgency: 'low', priority: { id: 'PPRIO02' } }),
    },
  },
  {
    operation: named('MergeIncidents'),
    route: 'PUT /incidents/{incidentId}/merge',
    summary: 'Merge incidents',
    ...onIncident('Merged By'),
    required: { ...onIncident('Merged By').required, sourceIncidents: ['body', 'Source Incidents'] },
    references: { incidentId: ofIncident, userId: ofUser, 'sourceIncidents/0/incidentId': ofIncident },
    inputs: ({ id }, other) => ({
      incidentId: id,
      userId: grace.userId,
      sourceIncidents: [{ incidentId: other?.id ?? 'QOTHER' }],
    }),
    refuses: [[{ sourceIncidents: [] }, 'sourceIncidents']],
    sends: ({ id }, other) => [
      {
        method: 'PUT',
        path: `/incidents/${id}/merge`,
        from: grace.email,
        body: { source_incidents: [{ id: other?.id, type: 'incident_reference' }] },
      },
    ],
    decisive: { method: 'PUT' },
    persistence: 'once',
    answers: [{ incident: { id: 'PBARE01', ...fresh } }, { id: 'PBARE01', ...fresh, summary: null, html_url: null }],
    client: { answer: ({ id, number }) => ({ id, type: 'incident_reference', summary: new RegExp(`#${number}\\b`) }) },
  },
  {
    operation: named('CreateIncident'),
    route: 'POST /incidents/create',
    summary: 'Create incident',
    ...plain,
    required: { service_key: ['body', 'Service key'], description: ['body', 'Description'] },
    inputs: () => ({ service_key: eventsV2Keys.PSVCPAY, description: 'The disk is full' }),
    sends: () => [
      {
        method: 'POST',
        path: '/v2/enqueue',
        body: {
          routing_key: eventsV2Keys.PSVCPAY,
          event_action: 'trigger',
          dedup_key: /^[\w-]{20,}$/,
          client: /./,
          payload: { summary: 'The disk is full', source: /./, severity: 'critical' },
        },
      },
    ],
    decisive: { method: 'POST' },
    persistence: 'read',
    integration: { key: eventsV2Keys.PSVCPAY, name: 'PSVCPAY events v2' },
    answers: [{ status: 'success', dedup_key: 'd-1', ...fresh }, { incident_key: 'd-1' }],
    client: { answer: () => ({ incident_key: /^[\w-]{20,}$/ }) },
  },
  {
    operation: named('CreateServiceIncident'),
    route: 'POST /services/{serviceId}/incidents',
    summary: 'Create incident on a service',
    ...plain,
    required: { serviceId: ['path', 'Service'], userId: ['body', 'Created By'], title: ['body', 'Title'] },
    references: {
      serviceId: ['services', 'unknown_service'],
      userId: ofUser,
      priorityId: ofPriority,
      assigneeId: ofUser,
      policyId: ofPolicy,
    },
    refuses: [[{ policyId: 'PPOLPAY' }, 'assigneeId']],
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
    answers: [{ incident: bare }, { ...bare, incident_key: null, assignedUserId: null, teams: [] }],
    client: {
      answer: () => ({ status: 'triggered', urgency: 'low', service: { id: 'PSVCPAY' }, assignedUserId: 'PUSER03' }),
    },
  },
  {
    operation: named('SendEvent'),
    route: 'POST /events/send',
    summary: 'Send event',
    ...plain,
    required: {},
    refuses: [
      [{ summary: undefined }, 'summary'],
      [{ event_action: undefined, severity: undefined }, 'severity'],
      [{ source: undefined }, 'source'],
      [{ event_action: 'resolve', dedup_key: undefined }, 'dedup_key'],
      [{ details_text: 'Both.' }, 'details_text'],
      [{ routing_key: undefined }, 'routing_key'],
    ],
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
    answers: [
      { status: 'success', dedup_key: 'd-1', ...fresh },
      { status: 'success', dedup_key: 'd-1', ...fresh, message: null },
    ],
    client: { answer: () => ({ status: 'success', dedup_key: 'db-1/disk' }) },
  },
  {
    operation: named('SendChangeEvent'),
    route: 'POST /events/change',
    summary: 'Send change event',
    ...plain,
    required: { summary: ['body', 'Change Summary'] },
    refuses: [
      [{ custom_details: { both: true } }, 'details_text'],
      [{ routing_key: undefined }, 'routing_key'],
    ],
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
    answers: [
      { status: 'success', ...fresh },
      { status: 'success', ...fresh, message: null },
    ],
    client: { answer: () => ({ status: 'success', message: /./ }) },
  },
  {
    operation: named('ListIncidents'),
    route: 'GET /incidents',
    summary: 'List incidents',
    ...lookup,
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
    answers: [{ incidents: [bare] }, { incidents: [{ id: 'PBARE01', incident_key: null, pending_actions: [] }] }],
    client: { answer: ({ id }) => ({ incidents: [{}, { id, assignedUserId: 'PUSER02' }] }) },
  },
  {
    operation: named('ListUsers'),
    route: 'GET /users',
    summary: 'List users',
    ...lookup,
    inputs: () => ({ query: 'Ada & Co?' }),
    sends: () => [{ method: 'GET', path: '/users', query: allOf({ query: 'Ada & Co?' }) }],
    decisive: { method: 'GET' },
    persistence: 'read',
    answers: [{ users: [{ id: 'P1', ...fresh }] }, { users: [{ id: 'P1', name: null, teams: [] }] }],
    client: {
      inputs: () => ({ query: 'Hopper' }),
      answer: () => ({ users: [{ id: 'PUSER02', name: 'Grace Hopper' }] }),
    },
  },
  {
    operation: named('ListEscalationPolicies'),
    route: 'GET /escalation_policies',
    summary: 'List escalation policies',
    ...lookup,
    inputs: () => ({ query: 'pay' }),
    sends: () => [{ method: 'GET', path: '/escalation_policies', query: allOf({ query: 'pay' }) }],
    decisive: { method: 'GET' },
    persistence: 'read',
    answers: [
      { escalation_policies: [{ id: 'P1', ...fresh }] },
      { escalation_policies: [{ id: 'P1', type: null, summary: null, self: null, html_url: null }] },
    ],
    client: { answer: () => ({ escalation_policies: [{ id: 'PPOLPAY', summary: 'Payments' }] }) },
  },
  {
    operation: named('ListServices'),
    route: 'GET /services',
    summary: 'List services',
    ...lookup,
    inputs: () => ({ query: 'Web & Co' }),
    sends: () => [{ method: 'GET', path: '/services', query: allOf({ query: 'Web & Co' }) }],
    decisive: { method: 'GET' },
    persistence: 'read',
    answers: [{ services: [{ id: 'P1', ...fresh }] }, { services: [{ id: 'P1', summary: null }] }],
    client: {
      inputs: () => ({ query: 'pay' }),
      answer: () => ({ services: [{ id: 'PSVCPAY', summary: 'Payments' }] }),
    },
  },
  {
    operation: named('ListPriorities'),
    route: 'GET /priorities',
    summary: 'List priorities',
    ...lookup,
    inputs: () => ({}),
    sends: () => [{ method: 'GET', path: '/priorities', query: allOf() }],
    decisive: { method: 'GET' },
    persistence: 'read',
    answers: [{ priorities: [{ id: 'P1', ...fresh }] }, { priorities: [{ id: 'P1', summary: null }] }],
    client: { answer: () => ({ priorities: [{ summary: 'P1' }, {}, {}, {}, {}] }) },
  },
  {
    operation: named('TestConnection'),
    route: 'GET /test_connection',
    summary: 'Test connection',
    ...plain,
    required: {},
    isHidden: true,
    unauthorized: 'invalid_api_key',
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
    answers: [
      { users: [], ...fresh },
      { access: 'full', message: /./ },
    ],
    client: { answer: () => ({ access: 'full', message: /./ }) },
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
