import { isObject } from '../pagerduty/json.js';
import type { Incident } from '../pagerduty/models.js';
import { referenceObjects, userObjects } from './directory-objects.js';
import { eventObjects, incidentObjects, noteObjects } from './incident-objects.js';
import type { WireSchema } from './property.js';

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

type DeclaredValues = ReadonlyArray<readonly [property: string, filled: (sent: unknown) => unknown]>;

const names = Object.keys(wireObjects).filter((name): name is WireObjectName => name in wireObjects);

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
  return serialize('Incident', { ...incident, assignedUserId: incident.assignments?.[0]?.assignee.id ?? null });
}
