import SwaggerParser from '@apidevtools/swagger-parser';
import t from 'tap';
import { renderDefinition } from '../../src/definition/render-definition.js';
import { operations } from '../../src/operations/operations.js';
import { triggers } from '../../src/triggers/triggers.js';
import { propertiesOf } from '../support/running-service.js';

const definition = renderDefinition({
  operations,
  triggers,
  publicUrl: new URL('https://hooks.example.com:8443/pagerduty/'),
  version: '1.2.3',
});

/** The wire contract: saved workflows depend on every word of it. Inputs are name → [place, label]. */
const contract: Readonly<Record<string, readonly [method: string, path: string, summary: string, inputs: object]>> = {
  GetIncidentByKey: ['get', '/action8/incidents', 'Get incident', { incident_key: ['query', 'Incident'] }],
  GetUser: ['get', '/users/{userId}', 'Get user by ID', { userId: ['path', 'User Id'] }],
  AddNoteToIncident: [
    'post',
    '/incidents/{incidentId}/notes',
    'Add note to incident',
    { incidentId: ['path', 'Incident'], userId: ['body', 'Added by'], note: ['body', 'Note'] },
  ],
  AcknowledgeIncident: [
    'put',
    '/action1/incidents/{incidentId}',
    'Acknowledge incident',
    { incidentId: ['path', 'Incident'], userId: ['body', 'Acknowledged by'] },
  ],
  ResolveIncident: [
    'put',
    '/action2/incidents/{incidentId}',
    'Resolve incident',
    { incidentId: ['path', 'Incident'], userId: ['body', 'Resolved by'] },
  ],
  ReassignIncident: [
    'put',
    '/action3/incidents/{incidentId}',
    'Reassign incident',
    { incidentId: ['path', 'Incident'], userId: ['body', 'From user'], reassignUserId: ['body', 'To user'] },
  ],
  SnoozeIncident: [
    'post',
    '/action4/incidents/{incidentId}/snooze',
    'Snooze incident',
    { incidentId: ['path', 'Incident'], userId: ['body', 'Snoozed by'], duration: ['body', 'Snooze'] },
  ],
  EscalateIncident: [
    'put',
    '/action5/incidents/{incidentId}',
    'Escalate incident',
    { incidentId: ['path', 'Incident'], userId: ['body', 'Escalated by'], policyId: ['body', 'Escalation policy'] },
  ],
  CreateIncident: [
    'post',
    '/incidents/create',
    'Create incident',
    { service_key: ['body', 'Service key'], description: ['body', 'Description'] },
  ],
  CreateServiceIncident: [
    'post',
    '/services/{serviceId}/incidents',
    'Create incident on a service',
    { serviceId: ['path', 'Service'], userId: ['body', 'Created By'], title: ['body', 'Title'] },
  ],
  SendEvent: ['post', '/events/send', 'Send event', {}],
  SendChangeEvent: ['post', '/events/change', 'Send change event', { summary: ['body', 'Change Summary'] }],
  OnNewIncidentCreated: ['get', '/trigger2/incidents', 'When an incident is created', {}],
  ListIncidents: ['get', '/incidents', 'List incidents', {}],
  ListUsers: ['get', '/users', 'List users', {}],
  ListEscalationPolicies: ['get', '/escalation_policies', 'List escalation policies', {}],
  ListServices: ['get', '/services', 'List services', {}],
  ListPriorities: ['get', '/priorities', 'List priorities', {}],
};

interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  schema?: { $ref: string };
  'x-ms-summary'?: string;
}

function requiredInputs(parameters: Parameter[]): object {
  const inputs: Record<string, unknown> = {};
  for (const parameter of parameters) {
    if (parameter.required !== true) continue;
    if (parameter.schema === undefined) inputs[parameter.name] = [parameter.in, parameter['x-ms-summary']];
    else {
      const body = definition.definitions?.[parameter.schema.$ref.replace('#/definitions/', '')];
      for (const name of body?.required ?? []) inputs[name] = ['body', body?.properties?.[name]?.['x-ms-summary']];
    }
  }
  return inputs;
}

/** The columns of the dropdown of an input, wherever the input stands. */
function dropdownOf(operation: unknown, name: string): object | undefined {
  const { parameters = [] }: { parameters?: Parameter[] } = JSON.parse(JSON.stringify(operation));
  const body = parameters.find(({ schema }) => schema !== undefined)?.schema?.$ref.replace('#/definitions/', '') ?? '';
  const property = definition.definitions?.[body]?.properties?.[name];
  const input: Record<string, unknown> = { ...(parameters.find((one) => one.name === name) ?? property) };
  const values = propertiesOf(input['x-ms-dynamic-values']);
  if (input['x-ms-dynamic-values'] === undefined) return undefined;
  return { collection: values['value-collection'], value: values['value-path'], title: values['value-title'] };
}

t.test('is valid Swagger 2.0, with every reference resolved', async (t) => {
  const copy = JSON.parse(JSON.stringify(definition));
  await t.resolves(SwaggerParser.validate(copy));
});

t.test('has host, scheme and base path of the public URL', async (t) => {
  t.match(definition, { host: 'hooks.example.com:8443', basePath: '/pagerduty', schemes: ['https'] });
});

t.test('keeps the wire contract to the letter', async (t) => {
  for (const [operationId, [method, path, summary, inputs]] of Object.entries(contract)) {
    const item: Record<string, { operationId?: string; summary?: string; parameters?: Parameter[] }> | undefined =
      JSON.parse(JSON.stringify(definition.paths))[path];
    const operation = item?.[method];
    t.equal(operation?.operationId, operationId, `${method} ${path}`);
    t.equal(operation?.summary, summary, operationId);
    t.strictSame(requiredInputs(operation?.parameters ?? []), inputs, `inputs of ${operationId}`);
  }
});

t.test('has one answer with a schema for each operation', async (t) => {
  for (const item of Object.values(definition.paths)) {
    for (const operation of [item.get, item.post, item.put]) {
      if (operation === undefined) continue;
      const withSchema = Object.values(operation.responses).filter((response) => 'schema' in (response ?? {}));
      t.equal(withSchema.length, 1, operation.operationId ?? 'an operation without a name');
    }
  }
});

t.test('a trigger is a batch trigger with a hint and a hidden, optional state', async (t) => {
  for (const { path, id, hint } of triggers) {
    const operation = definition.paths[path]?.get;
    t.match(operation, { operationId: id, 'x-ms-trigger': 'batch', 'x-ms-trigger-hint': hint }, id);
    const state = operation?.parameters?.find((parameter) => 'name' in parameter && parameter.name === 'triggerState');
    t.match(state, { in: 'query', required: false, type: 'string', 'x-ms-visibility': 'internal' }, id);
  }
});

t.test('shows choices, free-form objects and lists of objects in terms that Swagger 2.0 has', async (t) => {
  const properties = definition.definitions?.SendEventRequest?.properties ?? {};
  t.match(properties.event_action, {
    type: 'string',
    enum: ['trigger', 'acknowledge', 'resolve'],
    default: 'trigger',
    'x-ms-visibility': 'important',
  });
  t.match(properties.severity, { type: 'string', enum: ['info', 'warning', 'error', 'critical'] });
  t.notOk(Object.hasOwn(properties.severity ?? {}, 'default'));
  t.strictSame(properties.custom_details, {
    type: 'object',
    additionalProperties: true,
    description: 'Anything else to know, as an object. PagerDuty shows it as a table.',
    'x-ms-summary': 'Custom Details',
    'x-ms-visibility': 'advanced',
  });
  t.match(properties.images, {
    type: 'array',
    'x-ms-summary': 'Images',
    items: {
      type: 'object',
      required: ['src'],
      properties: {
        src: { type: 'string', 'x-ms-summary': 'Image Source', 'x-ms-visibility': 'important' },
        alt: { type: 'string', 'x-ms-summary': 'Alternative Text', 'x-ms-visibility': 'advanced' },
      },
    },
  });
  t.notMatch(JSON.stringify(definition), /"(?:anyOf|oneOf)":|"type":\[/);
});

t.test('every dropdown is filled by an operation that has the list it names', async (t) => {
  const dropdowns = [...JSON.stringify(definition).matchAll(/"x-ms-dynamic-values":(\{[^{}]*\{\}[^{}]*\})/g)];
  t.ok(dropdowns.length > 10);
  const names = new Set<string>();
  for (const [, text = ''] of dropdowns) {
    const { operationId, 'value-collection': collection } = JSON.parse(text);
    const output = operations.find(({ id }) => id === operationId)?.output ?? '';
    t.ok(Object.hasOwn(definition.definitions?.[output]?.properties ?? {}, collection), `${operationId} ${collection}`);
    names.add(operationId);
  }
  t.strictSame([...names].sort(), [
    'ListEscalationPolicies',
    'ListIncidents',
    'ListPriorities',
    'ListServices',
    'ListUsers',
  ]);
});

t.test('carries nothing that only our own checks understand', async (t) => {
  t.notMatch(JSON.stringify(definition), /"(?:pattern|expected|dropdown)":/);
});

t.test('every input that takes an incident, a user or a policy offers them by name', async (t) => {
  const offered = [...operations, ...triggers].flatMap((endpoint) =>
    Object.keys(endpoint.input.properties).map((name) => {
      const item: unknown =
        definition.paths[endpoint.path]?.[
          endpoint.method === 'GET' ? 'get' : endpoint.method === 'PUT' ? 'put' : 'post'
        ];
      return [`${endpoint.id}.${name}`, dropdownOf(item, name)];
    }),
  );
  const withList = offered.filter(([, dropdown]) => dropdown !== undefined);
  const incidents = { collection: 'incidents', value: 'id', title: 'summary' };
  const users = { collection: 'users', value: 'id', title: 'name' };
  const policies = { collection: 'escalation_policies', value: 'id', title: 'summary' };
  t.strictSame(Object.fromEntries(withList), {
    'GetIncidentByKey.incident_key': { ...incidents, value: 'incident_key' },
    'GetUser.userId': users,
    'AddNoteToIncident.incidentId': incidents,
    'AddNoteToIncident.userId': users,
    'AcknowledgeIncident.incidentId': incidents,
    'AcknowledgeIncident.userId': users,
    'ResolveIncident.incidentId': incidents,
    'ResolveIncident.userId': users,
    'ReassignIncident.incidentId': incidents,
    'ReassignIncident.userId': users,
    'ReassignIncident.reassignUserId': users,
    'SnoozeIncident.incidentId': incidents,
    'SnoozeIncident.userId': users,
    'EscalateIncident.incidentId': incidents,
    'EscalateIncident.userId': users,
    'EscalateIncident.policyId': policies,
    'CreateServiceIncident.serviceId': { collection: 'services', value: 'id', title: 'summary' },
    'CreateServiceIncident.userId': users,
    'CreateServiceIncident.assigneeId': users,
    'CreateServiceIncident.policyId': policies,
    'CreateServiceIncident.priorityId': { collection: 'priorities', value: 'id', title: 'summary' },
    'OnNewIncidentNote.incidentId': incidents,
    'OnIncidentAssigned.userId': users,
  });
});

t.test(
  'flow makers see the actions and triggers, and not what only fills dropdowns or tests a connection',
  async (t) => {
    const hidden = operations.filter(({ visibility }) => visibility === 'internal').map(({ id }) => id);
    t.strictSame(hidden, [
      'ListIncidents',
      'ListUsers',
      'ListEscalationPolicies',
      'ListServices',
      'ListPriorities',
      'TestConnection',
    ]);
    t.match(definition['x-ms-capabilities'], { testConnection: { operationId: 'TestConnection', parameters: {} } });
  },
);

t.test('a served definition names its own address as the contact, and no e-mail address', async (t) => {
  t.strictSame(definition.info.contact, {
    name: 'PagerDuty connector service',
    url: 'https://hooks.example.com:8443/pagerduty/',
  });
});
