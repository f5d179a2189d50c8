import Type, { type Static, type TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { InvalidAlertError } from './invalid-alert-error.js';

/** A schema whose `title` is the complaint about a value that is not of it. */
const text = Type.Optional(Type.String({ title: 'should be a text' }));
const anything = Type.Optional(Type.Unknown());

/** The fields of Create Alert that are carried over. */
export const AlertRequest = Type.Object({
  message: Type.String({ pattern: '\\S', title: 'should be a text that is not empty' }),
  alias: text,
  description: text,
  source: text,
  entity: text,
  priority: Type.Optional(
    Type.Enum(['P1', 'P2', 'P3', 'P4', 'P5'], { title: 'should be one of [ P1, P2, P3, P4, P5 ]' }),
  ),
  details: Type.Optional(
    Type.Record(Type.String(), Type.Unknown(), { title: 'should be an object of names and texts' }),
  ),
  user: text,
  note: text,
  // These are only carried along, so an alert is not refused for the form of one of them. Sentry's plugin, for example,
  // sends its recipients as one text.
  tags: anything,
  actions: anything,
  responders: anything,
  recipients: anything,
  teams: anything,
  visibleTo: anything,
});

/** The body of Create Alert: https://docs.opsgenie.com/docs/alert-api#create-alert */
export type AlertRequest = Static<typeof AlertRequest>;

const whole = Compile(AlertRequest);
const fields: readonly (readonly [string, TSchema])[] = Object.entries(AlertRequest.properties);
const single = fields.map(([name, schema]) => ({ name, validator: Compile(schema), complaint: complaintOf(schema) }));

/**
 * Reads the body of Create Alert. What is null counts as left out; what Opsgenie's API does not name is left out.
 * No length is refused: what PagerDuty cannot take whole is cut where the event is made.
 * @throws {InvalidAlertError} that names every field that is wrong
 */
export function readAlertRequest(body: unknown): AlertRequest {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new InvalidAlertError({ body: 'should be a JSON object' });
  }
  const came = new Map<string, unknown>(Object.entries(body));
  const given: Record<string, unknown> = {};
  for (const [name] of fields) if ((came.get(name) ?? null) !== null) given[name] = came.get(name);
  if (whole.Check(given)) return given;
  const wrong = single.filter(({ name, validator }) => {
    return (name === 'message' || name in given) && !validator.Check(given[name]);
  });
  throw new InvalidAlertError(Object.fromEntries(wrong.map(({ name, complaint }) => [name, complaint])));
}

function complaintOf(schema: TSchema): string {
  const title = new Map<string, unknown>(Object.entries(schema)).get('title');
  return typeof title === 'string' ? title : 'should be of another form';
}
