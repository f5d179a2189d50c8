import { isObject } from '../pagerduty/json.js';
import type { Incident } from '../pagerduty/models.js';
import { referenceObjects, userObjects } from './directory-objects.js';
import { eventObjects, incidentObjects, noteObjects } from './incident-objects.js';
import { type Reference, reference, type WireSchema } from './property.js';

/** Every object that an operation or a trigger answers with, by its name in the definition. */
export const wireObjects = { ...incidentObjects, ...userObjects, ...noteObjects, ...eventObjects, ...referenceObjects };

/** The name of a wire object. */
export type WireObjectName = keyof typeof wireObjects;

/** An object as a caller gets it: the declared properties, and all else that PagerDuty sent. */
export type Serialized = Readonly<Record<string, unknown>>;

/**
 * Gives an object of PagerDuty's every property that its definition declares: an empty list or null if PagerDuty sent
 * none, or something else where a list or an object belongs, which no flow could go into. Undeclared properties pass
 * through, so that a field PagerDuty adds is there at once.
 */
export function serialize(name: WireObjectName, upstream: object): Serialized {
  const serialized: Record<string, unknown> = { ...upstream };
  for (const [property, filled] of declaredValues[name] ?? []) serialized[property] = filled(serialized[property]);
  return serialized;
}

/**
 * An object of PagerDuty's with every property that its definition declares, and nothing else, and so the objects in it: for
 * lists that are kept, of which nobody needs more.
 */
export function serializeDeclared(name: WireObjectName, upstream: object): Serialized {
  const whole = serialize(name, upstream);
  const { properties = {} }: WireSchema = wireObjects[name];
  return Object.fromEntries(
    Object.entries(properties).map(([property, schema]) => [property, declaredPart(schema, whole[property])]),
  );
}

function declaredPart(schema: WireSchema | Reference, value: unknown): unknown {
  if ('$ref' in schema) {
    const name = namesByRef.get(schema.$ref);
    return name !== undefined && isObject(value) ? serializeDeclared(name, value) : value;
  }
  const { items } = schema;
  return items !== undefined && Array.isArray(value) ? value.map((item) => declaredPart(items, item)) : value;
}

type DeclaredValues = ReadonlyArray<readonly [property: string, filled: (sent: unknown) => unknown]>;

const names = Object.keys(wireObjects).filter((name): name is WireObjectName => name in wireObjects);
const namesByRef = new Map(names.map((name) => [reference(name).$ref, name]));

const declaredValues: Readonly<Record<string, DeclaredValues>> = Object.fromEntries(
  names.map((name) => [name, declaredValuesOf(wireObjects[name])]),
);

function declaredValuesOf(schema: WireSchema): DeclaredValues {
  return Object.entries(schema.properties ?? {}).map(([property, { type }]) => {
    if (type === 'array') return [property, (sent) => (Array.isArray(sent) ? sent : [])];
    if (type === undefined || type === 'object') return [property, (sent) => (isObject(sent) ? sent : null)];
    return [property, (sent) => sent ?? null];
  });
}

/**
 * An incident as callers get it: flat, every declared property there, and the first assignee's id beside the
 * assignments, because designers cannot reach into a list for it.
 */
export function serializeIncident(incident: Incident): Serialized {
  return serialize('Incident', withAssignedUser(incident));
}

/** What `serializeIncident` serializes. */
export function withAssignedUser(incident: Incident): object {
  return { ...incident, assignedUserId: incident.assignments?.[0]?.assignee.id ?? null };
}
