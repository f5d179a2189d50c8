import type { Static, TObject } from 'typebox';
import type { Connection } from '../connection/connection.js';
import type { Endpoint } from '../wire/endpoint.js';
import { inputParser } from '../wire/input-parser.js';

/** What an operation works with beside its inputs. */
export interface OperationContext {
  readonly connection: Connection;
  /** Makes a text that no one else makes, for keys that let PagerDuty recognise a repeated request. */
  readonly uniqueKey: () => string;
  /** The integration key that belongs to the connection, as it came; events go to it that name no other. */
  readonly routingKey: string | undefined;
}

/** An action or a lookup: its description, and what it does. */
export interface Operation extends Endpoint {
  /** Internal operations fill dropdowns and are not shown to flow makers. */
  readonly visibility: 'important' | 'internal';
  /** False if it sends events alone: these need an integration key, and no API key. */
  readonly needsApiKey: boolean;
  /** Checks the raw inputs, and does nothing else. @throws {InvalidInputError} */
  readonly parse: (raw: Readonly<Record<string, unknown>>, context: OperationContext) => ParsedCall;
}

/** A call whose inputs are right. */
export interface ParsedCall {
  /** Carries the operation out. The answer is an object, or the JSON of one in a Buffer. */
  readonly run: () => Promise<object>;
}

/** Makes an operation of its description and a `run` that gets its inputs checked and typed. */
export function defineOperation<I extends TObject>(
  spec: Omit<Endpoint, 'input'> & {
    readonly input: I;
    readonly visibility?: 'internal';
    readonly needsApiKey?: false;
    /** Checks inputs that are right one by one. @throws {InvalidInputError} if they are wrong together */
    readonly check?: (input: Static<I>, context: OperationContext) => void;
    readonly run: (input: Static<I>, context: OperationContext) => Promise<object>;
  },
): Operation {
  const { run, check, ...endpoint } = spec;
  const parse = inputParser(spec.input);
  return {
    ...endpoint,
    visibility: spec.visibility ?? 'important',
    needsApiKey: spec.needsApiKey ?? true,
    parse: (raw, context) => {
      const input = parse(raw);
      check?.(input, context);
      return { run: () => run(input, context) };
    },
  };
}
