import type { TSchema } from 'typebox';
import type { WireObjectName } from './wire-objects.js';

/** The inputs of an operation or a trigger: an object schema of which only this is needed. */
export interface InputSchema {
  readonly required?: readonly string[];
  readonly properties: Readonly<Record<string, TSchema>>;
}

/** What an operation and a trigger have in common: all that routes and the definition need to know. */
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
   * The inputs. One that the path names stands in the path; the others are query parameters of a GET, and
   * properties of the JSON body of a POST or PUT.
   */
  readonly input: InputSchema;
  /** Name of the body's object in the definition; there if and only if an input stands in the body. */
  readonly body?: { readonly name: string; readonly description: string };
  readonly output: WireObjectName;
  /** What the answer is, as one sentence. */
  readonly outputDescription: string;
}

/** Where an input stands. */
export type InputPlace = 'path' | 'query' | 'body';

/** Where `name` stands among the inputs of `endpoint`. */
export function placeOf(endpoint: Pick<Endpoint, 'method' | 'path'>, name: string): InputPlace {
  if (endpoint.path.includes(`{${name}}`)) return 'path';
  return endpoint.method === 'GET' ? 'query' : 'body';
}
