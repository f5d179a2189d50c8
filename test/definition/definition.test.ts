import SwaggerParser from '@apidevtools/swagger-parser';
import t from 'tap';
import Type, { type TSchema } from 'typebox';
import { renderDefinition } from '../../src/definition/render-definition.js';
import { operations } from '../../src/operations/operations.js';
import { triggers } from '../../src/triggers/triggers.js';
import type { Endpoint } from '../../src/wire/endpoint.js';
import { type ActionCase, actionCases, type DropdownList } from '../support/action-cases.js';
import { propertiesOf } from '../support/running-service.js';
import { triggerCases } from '../support/trigger-cases.js';

const definition = renderDefinition({
  operations,
  triggers,
  publicUrl: new URL('https://hooks.example.com:8443/pagerduty/'),
  version: '1.2.3',
});

/** What the definition has to have of an operation or a trigger. */
interface Contract extends Pick<ActionCase, 'route' | 'summary' | 'required'> {
  readonly endpoint: Endpoint;
  readonly references: Readonly<Record<string, readonly [list: DropdownList, ...unknown: unknown[]]>>;
}

const cases: readonly Contract[] = [
  ...actionCases.map((one) => ({ ...one, endpoint: one.operation })),
  ...triggerCases.map((one) => ({ ...one, endpoint: one.trigger })),
];

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

/** The inputs of an operation, with the inputs of a list's items: `links/0/href`. */
function inputsIn(properties: Readonly<Record<string, TSchema>>): string[] {
  return Object.entries(properties).flatMap(([name, schema]) =>
    Type.IsArray(schema) && Type.IsObject(schema.items)
      ? [name, ...inputsIn(schema.items.properties).map((below) => `${name}/0/${below}`)]
      : [name],
  );
}

/** The columns of the dropdown of an input, wherever the input is sent. */
function dropdownOf(operation: unknown, name: string): object | undefined {
  const { parameters = [] }: { parameters?: Parameter[] } = JSON.parse(JSON.stringify(operation));
  const body = parameters.find(({ schema }) => schema !== undefined)?.schema?.$ref.replace('#/definitions/', '') ?? '';
  const [first = '', , below] = name.split('/');
  const property = propertiesOf(definition.definitions?.[body]?.properties?.[first]);
  const item = propertiesOf(propertiesOf(propertiesOf(property.items).properties)[below ?? '']);
  const input = { ...(parameters.find((one) => one.name === name) ?? (below === undefined ? property : item)) };
  const values = propertiesOf(propertiesOf(input)['x-ms-dynamic-values']);
  if (values.operationId === undefined) return undefined;
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
  t.strictSame(
    cases.map(({ endpoint }) => endpoint.id),
    [...operations, ...triggers].map(({ id }) => id),
    'of every operation',
  );
  for (const { endpoint, route, summary, required } of cases) {
    const [method = '', path = ''] = route.split(' ');
    const item: Record<string, { operationId?: string; summary?: string; parameters?: Parameter[] }> | undefined =
      JSON.parse(JSON.stringify(definition.paths))[path];
    const operation = item?.[method.toLowerCase()];
    t.equal(operation?.operationId, endpoint.id, route);
    t.equal(operation?.summary, summary, endpoint.id);
    t.strictSame(requiredInputs(operation?.parameters ?? []), required, `inputs of ${endpoint.id}`);
  }
});

t.test('has one answer with a schema for each operation', async (t) => {
  for (const item of Object.values(definition.paths)) {
    t.strictSame(
      Object.keys(item).filter((method) => !['get', 'post', 'put'].includes(method)),
      [],
    );
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

/** What a dropdown shows of each list. */
const titles = {
  incidents: 'summary',
  users: 'name',
  escalation_policies: 'summary',
  services: 'summary',
  priorities: 'summary',
};

t.test('every input that takes an incident, a user or a policy offers them by name, and no other', async (t) => {
  for (const { endpoint, references } of cases) {
    const method = endpoint.method === 'GET' ? 'get' : endpoint.method === 'PUT' ? 'put' : 'post';
    const operation: unknown = definition.paths[endpoint.path]?.[method];
    const offered = inputsIn(endpoint.input.properties).map((name) => [name, dropdownOf(operation, name)] as const);
    const expected = Object.entries(references).map(([name, [collection]]) => [
      name,
      { collection, value: name === 'incident_key' ? name : 'id', title: titles[collection] },
    ]);
    t.strictSame(
      Object.fromEntries(offered.filter(([, dropdown]) => dropdown !== undefined)),
      Object.fromEntries(expected),
      endpoint.id,
    );
  }
});

t.test(
  'flow makers see the actions and triggers, and not what only fills dropdowns or tests a connection',
  async (t) => {
    for (const { operation, isHidden } of actionCases) {
      const visibility = isHidden ? 'internal' : 'important';
      t.equal(operation.visibility, visibility, operation.id);
      const method = operation.method === 'GET' ? 'get' : operation.method === 'PUT' ? 'put' : 'post';
      t.match(definition.paths[operation.path]?.[method], { 'x-ms-visibility': visibility }, operation.id);
    }
    t.match(definition['x-ms-capabilities'], { testConnection: { operationId: 'TestConnection', parameters: {} } });
  },
);

t.test('a served definition names its own address as the contact, and no e-mail address', async (t) => {
  t.strictSame(definition.info.contact, {
    name: 'PagerDuty connector service',
    url: 'https://hooks.example.com:8443/pagerduty/',
  });
});
