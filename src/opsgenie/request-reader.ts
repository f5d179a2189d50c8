import type { Static, TObject, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { InvalidAlertError } from './invalid-alert-error.js';

/**
 * Makes a function that reads a body of Opsgenie's API. What is null counts as left out; what the schema does not name
 * is left out. The function throws an {@link InvalidAlertError} that names every field that is wrong.
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
    const came = new Map<string, unknown>(Object.entries(body));
    const given: Record<string, unknown> = {};
    for (const [name] of fields) if ((came.get(name) ?? null) !== null) given[name] = came.get(name);
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
