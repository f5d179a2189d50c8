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

/** What a call is admitted by. */
export interface Invocation extends OperationContext {
  /** Takes one of the connection's calls. Rejects where there is none left. */
  readonly admit: () => Promise<void>;
}

/** An action or a lookup: its description, and what it does. */
export interface Operation extends Endpoint {
  /** Internal operations fill dropdowns and are not shown to flow makers. */
  readonly visibility: 'important' | 'internal';
  /**
   * Checks the raw inputs, takes one of the connection's calls, and carries the operation out.
   * @throws {InvalidInputError} before a call was taken
   */
  readonly invoke: (raw: Readonly<Record<string, unknown>>, invocation: Invocation) => Promise<object>;
}

/** Makes an operation of its description and a `run` that gets its inputs checked and typed. */
export function defineOperation<I extends TObject>(
  spec: Omit<Endpoint, 'input'> & {
    readonly input: I;
    readonly visibility?: 'internal';
    /** Throws an InvalidInputError for inputs that are right one by one and wrong together. */
    readonly check?: (input: Static<I>, context: OperationContext) => void;
    readonly run: (input: Static<I>, context: OperationContext) => Promise<object>;
  },
): Operation {
  const { run, check, ...endpoint } = spec;
  const parse = inputParser(spec.input);
  return {
    ...endpoint,
    visibility: spec.visibility ?? 'important',
    invoke: async (raw, invocation) => {
      const input = parse(raw);
      check?.(input, invocation);
      await invocation.admit();
      return run(input, invocation);
    },
  };
}
