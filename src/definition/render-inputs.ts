import type { OpenAPIV2 } from 'openapi-types';
import Type, { type TSchema } from 'typebox';
import { type Endpoint, type InputSchema, placeOf } from '../wire/endpoint.js';
import { type Dropdown, type Lookup, lookups } from '../wire/fields.js';

/** A schema as the definition has it. */
type Rendered = Readonly<Record<string, unknown>> & { readonly type: string };

/** What designers understand of an input's schema; the rest is for our own checks. */
const carried = [
  'format',
  'enum',
  'default',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'minItems',
  'maxItems',
  'additionalProperties',
  'description',
  'x-ms-summary',
];

/** The `parameters` of an operation or a trigger. */
export function renderParameters(endpoint: Endpoint): OpenAPIV2.Parameter[] {
  const parameters: OpenAPIV2.Parameter[] = [];
  for (const [name, schema] of Object.entries(endpoint.input.properties)) {
    const place = placeOf(endpoint, name);
    if (place === 'body') continue;
    parameters.push({
      name,
      in: place,
      required: isRequired(endpoint, name),
      ...(place === 'path' ? { 'x-ms-url-encoding': 'single' } : {}),
      ...renderSchema(schema, isRequired(endpoint, name)),
    });
  }
  if (endpoint.body !== undefined) {
    parameters.push({
      name: 'body',
      in: 'body',
      required: true,
      'x-ms-summary': titleOf(endpoint.body.name),
      description: endpoint.body.description,
      schema: { $ref: `#/definitions/${endpoint.body.name}` },
    });
  }
  return parameters;
}

/** The definitions of all request bodies, by name. */
export function renderBodies(endpoints: readonly Endpoint[]): OpenAPIV2.DefinitionsObject {
  const bodies: OpenAPIV2.DefinitionsObject = {};
  for (const endpoint of endpoints) {
    if (endpoint.body === undefined) continue;
    const inputs = Object.entries(endpoint.input.properties).filter(([name]) => placeOf(endpoint, name) === 'body');
    const required = inputs.map(([name]) => name).filter((name) => isRequired(endpoint, name));
    bodies[endpoint.body.name] = {
      type: 'object',
      'x-ms-summary': titleOf(endpoint.body.name),
      description: endpoint.body.description,
      ...(required.length > 0 ? { required } : {}),
      properties: Object.fromEntries(
        inputs.map(([name, schema]) => [name, renderSchema(schema, isRequired(endpoint, name))]),
      ),
    };
  }
  return bodies;
}

function renderSchema(schema: TSchema, required: boolean): Rendered {
  const keywords = new Map<string, unknown>(Object.entries(schema));
  const rendered: Record<string, unknown> = {};
  for (const keyword of carried) if (keywords.has(keyword)) rendered[keyword] = keywords.get(keyword);
  const dropdown = keywords.get('dropdown');
  // Swagger 2.0 has one type for each input. If an input takes several, designers see the first.
  const [type] = [keywords.get('type')].flat();
  return {
    type: String(type),
    ...rendered,
    'x-ms-visibility': keywords.get('x-ms-visibility') ?? (required ? 'important' : 'advanced'),
    ...(isDropdown(dropdown) ? renderDropdown(dropdown.lookup, dropdown.value) : {}),
    ...(Type.IsArray(schema) && Type.IsObject(schema.items) ? { items: renderItem(schema.items) } : {}),
  };
}

/** The extensions that make a dropdown of an input: the older of the two, and the newer beside it. */
function renderDropdown(operationId: Lookup, value: string): Record<string, unknown> {
  const columns = lookups[operationId];
  return {
    'x-ms-dynamic-values': {
      operationId,
      parameters: {},
      'value-collection': columns.collection,
      'value-path': value,
      'value-title': columns.title,
    },
    'x-ms-dynamic-list': {
      operationId,
      parameters: {},
      itemsPath: columns.collection,
      itemValuePath: value,
      itemTitlePath: columns.title,
    },
  };
}

/** The object that a list has many of. */
function renderItem(item: InputSchema): Rendered {
  const required = item.required ?? [];
  const properties = Object.entries(item.properties).map(([name, schema]) => {
    return [name, renderSchema(schema, required.includes(name))] as const;
  });
  return {
    type: 'object',
    ...(required.length > 0 ? { required } : {}),
    properties: Object.fromEntries(properties),
  };
}

function isRequired(endpoint: Endpoint, name: string): boolean {
  return endpoint.input.required?.includes(name) ?? false;
}

function isDropdown(value: unknown): value is Dropdown {
  return typeof value === 'object' && value !== null && 'lookup' in value && 'value' in value;
}

/** `AddNoteRequest` becomes `Add Note Request`. */
function titleOf(name: string): string {
  return name.replace(/(?<=[a-z])(?=[A-Z])/g, ' ');
}
