import type { Static, TObject } from 'typebox';
import type { EventFilter } from '../engine/events.js';
import { isIncident } from '../pagerduty/models.js';
import type { Endpoint } from '../wire/endpoint.js';
import { inputParser } from '../wire/input-parser.js';
import { type Presented, presentIncident } from '../wire/wire-objects.js';

/** A polling trigger: its description, which events it is about, and how they are presented. */
export interface Trigger extends Endpoint {
  readonly method: 'GET';
  /** How a flow maker can see it work: "To see it work now, …". */
  readonly hint: string;
  /** Checks the raw inputs. @throws {InvalidInputError} */
  readonly filter: (raw: Readonly<Record<string, unknown>>) => EventFilter;
  /** The body of an answer, of the events' payloads in order. */
  readonly present: (payloads: readonly unknown[]) => object;
}

/** Makes a trigger of its description and a `filter` that gets its inputs checked and typed. */
export function defineTrigger<I extends TObject>(
  spec: Omit<Trigger, 'input' | 'method' | 'filter'> & {
    readonly input: I;
    readonly filter: (input: Static<I>) => EventFilter;
  },
): Trigger {
  const parse = inputParser(spec.input);
  return { ...spec, method: 'GET', filter: (raw) => spec.filter(parse(raw)) };
}

/** The body of a trigger that tells of incidents: always the list, so that designers can split on it. */
export function presentIncidents(payloads: readonly unknown[]): { readonly incidents: readonly Presented[] } {
  return { incidents: payloads.filter(isIncident).map(presentIncident) };
}
