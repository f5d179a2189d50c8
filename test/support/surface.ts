import { readFileSync } from 'node:fs';

/** Where an input stands. The path leads to it through the body: `['images', 0, 'src']`. */
export interface Slot {
  readonly place: 'path' | 'query' | 'body';
  readonly path: readonly (string | number)[];
}

/** A method and a path of the service, and what it reads of a request. */
export interface Entrance {
  readonly id: string;
  readonly method: string;
  /** With its parameters in braces. */
  readonly path: string;
  readonly slots: readonly Slot[];
  /** Whose key it asks for, and in whose form it refuses. */
  readonly dialect: 'connector' | 'opsgenie' | 'open';
}

interface Schema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

interface Definition {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly definitions: Readonly<Record<string, Schema>>;
}

interface Described {
  readonly operationId: string;
  readonly parameters?: readonly { readonly in: string; readonly name: string; readonly schema?: Schema }[];
}

/** Every operation and trigger of the definition, with every property of its body, however deep. */
export function definedEntrances(): readonly Entrance[] {
  const { paths, definitions }: Definition = JSON.parse(
    readFileSync(new URL('../../apiDefinition.swagger.json', import.meta.url), 'utf8'),
  );
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId, parameters = [] }]): Entrance => {
      const slots = parameters.flatMap((parameter): readonly Slot[] => {
        if (parameter.in === 'body') return slotsIn(parameter.schema ?? {}, definitions, []);
        return [{ place: parameter.in === 'path' ? 'path' : 'query', path: [parameter.name] }];
      });
      return { id: operationId, method: method.toUpperCase(), path, slots, dialect: 'connector' };
    }),
  );
}

function slotsIn(schema: Schema, definitions: Definition['definitions'], path: Slot['path']): readonly Slot[] {
  const { properties = {}, items } = definitions[schema.$ref?.replace('#/definitions/', '') ?? ''] ?? schema;
  const below = [
    ...Object.entries(properties).flatMap(([name, one]) => slotsIn(one, definitions, [...path, name])),
    ...(items === undefined ? [] : slotsIn(items, definitions, [...path, 0])),
  ];
  return path.length === 0 ? below : [{ place: 'body', path }, ...below];
}

const alertFields = ['message', 'alias', 'description', 'source', 'entity', 'priority', 'details', 'user', 'note'];
const shownFields = ['tags', 'actions', 'responders', 'recipients', 'teams', 'visibleTo'];
const alert = '/opsgenie/v2/alerts/{identifier}';
const alertSlots: readonly Slot[] = [
  { place: 'path', path: ['identifier'] },
  { place: 'query', path: ['identifierType'] },
];

/** What the service answers beside the definition. */
export const otherEntrances: readonly Entrance[] = [
  bridged('OpsgenieCreateAlert', 'POST', '/opsgenie/v2/alerts', inBody(...alertFields, ...shownFields)),
  bridged('OpsgenieGetAlert', 'GET', alert, alertSlots),
  bridged('OpsgenieGetRequest', 'GET', '/opsgenie/v2/alerts/requests/{requestId}', [
    { place: 'path', path: ['requestId'] },
  ]),
  bridged('OpsgenieAddNote', 'POST', `${alert}/notes`, [...alertSlots, ...inBody('note', 'user', 'source')]),
  bridged('OpsgenieAcknowledgeAlert', 'POST', `${alert}/acknowledge`, [...alertSlots, ...inBody('user', 'note')]),
  bridged('OpsgenieCloseAlert', 'POST', `${alert}/close`, [...alertSlots, ...inBody('user', 'note')]),
  ...['/', '/healthz', '/readyz', '/metrics', '/apiDefinition.swagger.json', '/docs'].map((path) => open(path)),
  open('/docs/static/{file}', [{ place: 'path', path: ['file'] }]),
];

function bridged(id: string, method: string, path: string, slots: readonly Slot[]): Entrance {
  return { id, method, path, slots, dialect: 'opsgenie' };
}

function open(path: string, slots: readonly Slot[] = []): Entrance {
  return { id: path, method: 'GET', path, slots, dialect: 'open' };
}

function inBody(...names: readonly string[]): readonly Slot[] {
  return names.map((name) => ({ place: 'body', path: [name] }));
}
