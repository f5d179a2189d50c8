import Type, { type Static, type TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { PagerDutyInvalidResponseError } from './errors.js';

/**
 * Makes a function that checks a success body against `schema` and returns it typed. The body stays as it came, with the
 * fields that the schema does not name.
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

/** A field that PagerDuty leaves out, or sends as null, if it has nothing to say. */
export function nullable<S extends TSchema>(schema: S) {
  return Type.Optional(Type.Union([schema, Type.Null()]));
}

/**
 * The fields of PagerDuty's user that this service reads; every other field is carried along untouched.
 * @see https://developer.pagerduty.com/api-reference/2395ca1feb25e-get-a-user
 */
export const User = Type.Object({
  id: Type.String({ minLength: 1 }),
  email: nullable(Type.String()),
});

export type User = Static<typeof User>;

const Reference = Type.Object({ id: Type.String() });

/**
 * The fields of PagerDuty's incident that this service reads; every other field is carried along untouched.
 * @see https://developer.pagerduty.com/api-reference/005299ae1ae5e-get-an-incident
 */
export const Incident = Type.Object({
  id: Type.String({ minLength: 1 }),
  status: Type.String(),
  created_at: Type.String(),
  incident_number: nullable(Type.Number()),
  incident_key: nullable(Type.String()),
  title: nullable(Type.String()),
  // Looked at once, to see an update: an incident whose priority is odd is an incident all the same.
  urgency: Type.Optional(Type.Unknown()),
  priority: Type.Optional(Type.Unknown()),
  last_status_change_at: nullable(Type.String()),
  resolved_at: nullable(Type.String()),
  assignments: nullable(Type.Array(Type.Object({ at: nullable(Type.String()), assignee: Reference }))),
  acknowledgements: nullable(Type.Array(Type.Object({ at: nullable(Type.String()), acknowledger: Reference }))),
});

export type Incident = Static<typeof Incident>;

/** What PagerDuty answers to a merge: an incident without a status and without times. */
export const IncidentReference = Type.Object({ id: Type.String({ minLength: 1 }) });

export type IncidentReference = Static<typeof IncidentReference>;

const incidentValidator = Compile(Incident);

/** Whether a value is an incident as PagerDuty sends them. */
export function isIncident(value: unknown): value is Incident {
  return incidentValidator.Check(value);
}

/**
 * The fields of a note that this service reads; every other field is carried along untouched.
 * @see https://developer.pagerduty.com/api-reference/9ae5cbda8f9e3-create-a-note-on-an-incident
 */
export const Note = Type.Object({
  id: Type.String({ minLength: 1 }),
  created_at: nullable(Type.String()),
  user: nullable(Reference),
});

export type Note = Static<typeof Note>;

const noteValidator = Compile(Note);

/** Whether a value is a note as PagerDuty sends them. */
export function isNote(value: unknown): value is Note {
  return noteValidator.Check(value);
}

/**
 * The fields of a log entry that this service reads. Types end in `_log_entry`; more of them exist than PagerDuty
 * documents. The incident is a reference, or with `include[]=incidents` the incident as it is now.
 * @see https://developer.pagerduty.com/api-reference/c661e065403b5-list-log-entries
 */
export const LogEntry = Type.Object({
  id: Type.String({ minLength: 1 }),
  type: Type.String(),
  created_at: Type.String(),
  incident: nullable(Type.Object({ id: Type.String({ minLength: 1 }) })),
  assignees: nullable(Type.Array(Reference)),
});

export type LogEntry = Static<typeof LogEntry>;
