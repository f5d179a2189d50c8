import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { PagerDutyInvalidResponseError } from './pagerduty-invalid-response-error.js';

/**
 * Makes a function that checks a success body against `schema` and hands it back typed and otherwise as it came,
 * fields unknown to us included.
 * @param what what the body is, for the error: "an incident"
 */
export function reader<S extends TSchema>(what: string, schema: S): (body: unknown) => Static<S> {
  const validator = Compile(schema);
  return (body) => {
    if (validator.Check(body)) return body;
    const [first] = validator.Errors(body);
    throw new PagerDutyInvalidResponseError(`${what} (${first?.instancePath ?? ''} ${first?.message ?? ''})`);
  };
}
