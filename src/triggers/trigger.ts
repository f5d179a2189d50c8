import Type, { type Static, type TObject } from 'typebox';
import type { EventFilter } from '../engine/events.js';
import { incidentReferenceReader } from '../pagerduty/models.js';
import { readable } from '../pagerduty/record-reader.js';
import type { Endpoint } from '../wire/endpoint.js';
import { inputParser } from '../wire/input-parser.js';
import { type Serialized, serializeIncident } from '../wire/wire-objects.js';

/** A polling trigger: its description, which events it is about, and how they are answered. */
export interface Trigger extends Endpoint {
  readonly method: 'GET';
  /** How a flow maker can see it work: "To see it work now, …". */
  readonly hint: string;
  /** Checks the raw inputs; gives the events to tell of. @throws {InvalidInputError} */
  readonly parse: (raw: Readonly<Record<string, unknown>>) => EventFilter;
  /** The body of an answer, of the events' payloads in order. */
  readonly serialize: (payloads: readonly unknown[]) => object;
}

/** Makes a trigger of its description and a `filter` that gets its inputs checked and typed. */
export function defineTrigger<I extends TObject>(
  spec: Omit<Trigger, 'input' | 'method' | 'parse'> & {
    readonly input: I;
    readonly filter: (input: Static<I>) => EventFilter;
  },
): Trigger {
  const { filter, ...endpoint } = spec;
  const parse = inputParser(spec.input);
  return { ...endpoint, method: 'GET', parse: (raw) => filter(parse(raw)) };
}

/** Makes a trigger that fires for every incident to which the same thing happens. */
export function incidentTrigger(spec: {
  readonly id: string;
  readonly path: string;
  readonly kind: 'created' | 'acknowledged' | 'resolved';
  /** What makes it fire, said to somebody who wants to see it: "acknowledge an incident". */
  readonly action: string;
  /** Which incidents it fires for: "an existing incident". */
  readonly which: string;
}): Trigger {
  const { id, path, kind, action, which } = spec;
  return defineTrigger({
    id,
    path,
    summary: `When an incident is ${kind}`,
    description: `This operation triggers when ${which} is ${kind}.`,
    hint: `To see it work now, ${action} in PagerDuty.`,
    input: Type.Object({}),
    output: 'IncidentsResponse',
    outputDescription: `The incidents that were ${kind}.`,
    filter: () => ({ kind }),
    serialize: serializeIncidents,
  });
}

/** The body of an answer with incidents: always the list, so that designers can split on it. */
export function serializeIncidents(payloads: readonly unknown[]): { readonly incidents: readonly Serialized[] } {
  return { incidents: readable(incidentReferenceReader, payloads).map(serializeIncident) };
}
