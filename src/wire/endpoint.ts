import type { TSchema } from 'typebox';
import type { WireObjectName } from './wire-objects.js';

/** The inputs of an operation or a trigger: an object schema of which only this is needed. */
export interface InputSchema {
  readonly required?: readonly string[];
  readonly properties: Readonly<Record<string, TSchema>>;
}

/** What operations and triggers have in common: everything that routes and the definition need. */
export interface Endpoint {
  /** The operationId: unique, PascalCase. Saved workflows depend on it. */
  readonly id: string;
  /** What designers show in their list of operations. */
  readonly summary: string;
  /** One full sentence. */
  readonly description: string;
  readonly method: 'GET' | 'POST' | 'PUT';
  /** As in Swagger: `/users/{userId}`. Saved workflows depend on it. */
  readonly path: string;
  /**
   * The inputs. An input that the path names is a path parameter. The others are query parameters of a GET, and
   * properties of the JSON body of a POST or PUT.
   */
  readonly input: InputSchema;
  /** Name of the body's object in the definition. Present if and only if an input is in the body. */
  readonly body?: { readonly name: string; readonly description: string };
  readonly output: WireObjectName;
  /** What the answer is, as one sentence. */
  readonly outputDescription: string;
}

/** Where an input is sent. */
export type InputPlace = 'path' | 'query' | 'body';

/** Where the input `name` of an endpoint is sent. */
export function placeOf(endpoint: Pick<Endpoint, 'method' | 'path'>, name: string): InputPlace {
  if (endpoint.path.includes(`{${name}}`)) return 'path';
  return endpoint.method === 'GET' ? 'query' : 'body';
}
