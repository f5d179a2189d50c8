import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { invalidInput } from '../account/account-error.js';

/** A function that gives a body if it fits the schema, and otherwise throws what `refuse` makes of its errors. */
export function bodyReader<S extends TSchema>(
  schema: S,
  refuse: (errors: string[]) => Error = (errors) => invalidInput(...errors),
): (body: unknown) => Static<S> {
  const validator = Compile(schema);
  const fits = (body: unknown): body is Static<S> => validator.Check(body);
  return (body) => {
    if (fits(body)) return body;
    throw refuse(
      validator
        .Errors(body)
        .slice(0, 5)
        .map((error) => `${error.instancePath === '' ? 'body' : error.instancePath.slice(1)} ${error.message}`),
    );
  };
}

/** JSON text as a value; undefined if it is not JSON. */
export function parseJson(text: unknown): unknown {
  if (typeof text !== 'string' || text === '') return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

/** The key of `Authorization: Token token=<key>` or `Bearer <key>`. */
export function credentialOf(authorization: string | undefined): string | undefined {
  return /^(?:Token\s+token=|Bearer\s+)"?([^"\s]+)"?\s*$/i.exec(authorization ?? '')?.[1];
}
