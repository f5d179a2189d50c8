import type { Static, TObject } from 'typebox';
import type { Watch } from '../engine/engine-event.js';
import { isIncident } from '../pagerduty/models.js';
import type { Endpoint } from '../wire/endpoint.js';
import { inputParser } from '../wire/input-parser.js';
import { type Presented, presentIncident } from '../wire/wire-objects.js';

/** A polling trigger: its description, which events it watches for, and how they are told. */
export interface Trigger extends Endpoint {
  readonly method: 'GET';
  /** How a flow maker can see it work: "To see it work now, …". */
  readonly hint: string;
  /** Checks the raw inputs; gives the events to tell of. @throws {InvalidInputError} */
  readonly parse: (raw: Readonly<Record<string, unknown>>) => Watch;
  /** The body of an answer, of the events' payloads in order. */
  readonly present: (payloads: readonly unknown[]) => object;
}

/** Makes a trigger of its description and a `watch` that gets its inputs checked and typed. */
export function defineTrigger<I extends TObject>(
  spec: Omit<Trigger, 'input' | 'method' | 'parse'> & {
    readonly input: I;
    readonly watch: (input: Static<I>) => Watch;
  },
): Trigger {
  const { watch, ...endpoint } = spec;
  const parse = inputParser(spec.input);
  return { ...endpoint, method: 'GET', parse: (raw) => watch(parse(raw)) };
}

/** The body of a trigger that tells of incidents: always the list, so that designers can split on it. */
export function presentIncidents(payloads: readonly unknown[]): { readonly incidents: readonly Presented[] } {
  return { incidents: payloads.filter(isIncident).map(presentIncident) };
}
