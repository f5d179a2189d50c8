import type { Static, TObject, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { ServiceError } from '../errors/service-error.js';
import { isIntegrationKey } from '../pagerduty/integration-key.js';
import { InvalidAlertError } from './opsgenie-error.js';

/**
 * Makes a function that reads a body of Opsgenie's API. A field that is null counts as left out; fields that the schema
 * does not name are left out. The function throws an {@link InvalidAlertError} that names every field that is wrong.
 * @param schema each field's `title` is the complaint about a value that is not of it
 */
export function requestReader<S extends TObject>(schema: S): (body: unknown) => Static<S> {
  const whole = Compile(schema);
  const required = new Set<string>(schema.required);
  const fields: readonly (readonly [string, TSchema])[] = Object.entries(schema.properties);
  const single = fields.map(([name, field]) => ({ name, validator: Compile(field), complaint: complaintOf(field) }));
  return (body) => {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) {
      throw new InvalidAlertError({ body: 'should be a JSON object' });
    }
    const came = new Map<string, unknown>(
      fields.map(([name]) => [name, Object.getOwnPropertyDescriptor(body, name)?.value]),
    );
    const given: Record<string, unknown> = {};
    for (const [name, value] of came) if ((value ?? null) !== null) given[name] = value;
    if (whole.Check(given)) return given;
    const wrong = single.filter(({ name, validator }) => {
      return (required.has(name) || name in given) && !validator.Check(given[name]);
    });
    throw new InvalidAlertError(Object.fromEntries(wrong.map(({ name, complaint }) => [name, complaint])));
  };
}

function complaintOf(schema: TSchema): string {
  const title = new Map<string, unknown>(Object.entries(schema)).get('title');
  return typeof title === 'string' ? title : 'should be of another form';
}

const expected = 'expected "Authorization: GenieKey <key>" with the 32 characters of an Events API v2 integration key';

/**
 * Reads the integration key of a sender from its `Authorization` header. Whether PagerDuty knows it is PagerDuty's to
 * say.
 * @throws {ServiceError} `missing_api_key` or `malformed_api_key`, 401; neither repeats what came
 */
export function readIntegrationKey(authorization: string | undefined): string {
  const given = (authorization ?? '').trim();
  if (given === '') throw refused('missing_api_key', 'got no such header');
  const key = /^geniekey\s+(.*)$/i.exec(given)?.[1];
  if (key === undefined) throw refused('malformed_api_key', 'got a header of another form');
  if (/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(key)) {
    throw refused('malformed_api_key', 'got a key of the form that Opsgenie’s own have');
  }
  if (!isIntegrationKey(key)) throw refused('malformed_api_key', 'got a key of another form');
  return key;
}

function refused(code: 'missing_api_key' | 'malformed_api_key', got: string): ServiceError {
  const advice = 'Copy the key from the Integrations tab of the service in PagerDuty.';
  return new ServiceError({ code, statusCode: 401, message: `Could not authenticate: ${expected}, ${got}. ${advice}` });
}
