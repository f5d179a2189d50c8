import type { Static, TObject } from 'typebox';
import type { Endpoint } from '../contract/endpoint.js';
import { inputParser } from '../contract/input-parser.js';
import type { Watch } from './watch.js';

/** A polling trigger: its description, which events it watches for, and how they are told. */
export interface Trigger extends Endpoint {
  readonly method: 'GET';
  /** How a flow maker can see it work: "To see it work now, …". */
  readonly hint: string;
  /** Checks the raw inputs. @throws {InvalidInputError} */
  readonly watch: (raw: Readonly<Record<string, unknown>>) => Watch;
  /** The body of an answer, of the events' payloads in order. */
  readonly present: (payloads: readonly unknown[]) => object;
}

/** Makes a trigger of its description and a `watch` that gets its inputs checked and typed. */
export function defineTrigger<I extends TObject>(
  spec: Omit<Trigger, 'input' | 'method' | 'watch'> & {
    readonly input: I;
    readonly watch: (input: Static<I>) => Watch;
  },
): Trigger {
  const parse = inputParser(spec.input);
  return { ...spec, method: 'GET', watch: (raw) => spec.watch(parse(raw)) };
}
