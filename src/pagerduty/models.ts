import Type, { type Static, type TSchema } from 'typebox';
import { recordReader } from './record-reader.js';

/** A field that PagerDuty leaves out, or sends as null, if it has nothing to say. */
export function nullable<S extends TSchema>(schema: S) {
  return Type.Optional(Type.Union([schema, Type.Null()]));
}

const Id = Type.String({ minLength: 1 });

/** A time that can be read. */
const Time = Type.Refine(Type.String(), (text) => !Number.isNaN(Date.parse(text)));

/** Something by its id, and by what people call it. */
const Reference = Type.Object({
  id: Id,
  summary: nullable(Type.String()),
  html_url: nullable(Type.String()),
});

/**
 * The fields of PagerDuty's user that this service reads; every other field is carried along untouched.
 * @see https://developer.pagerduty.com/api-reference/2395ca1feb25e-get-a-user
 */
export const User = Type.Object({
  id: Id,
  email: nullable(Type.String()),
});

export type User = Static<typeof User>;

export const userReader = recordReader({ kind: 'user', schema: User });

/**
 * The fields of PagerDuty's incident that this service reads; every other field is carried along untouched. A reference
 * of an incident has but the first three.
 * @see https://developer.pagerduty.com/api-reference/005299ae1ae5e-get-an-incident
 */
export const Incident = Type.Object({
  id: Id,
  summary: nullable(Type.String()),
  /** In the account's own subdomain: `https://acme.pagerduty.com/incidents/PT4KHLK`. */
  html_url: nullable(Type.String()),
  status: nullable(Type.String()),
  created_at: nullable(Time),
  incident_number: nullable(Type.Number()),
  incident_key: nullable(Type.String()),
  title: nullable(Type.String()),
  // Looked at once, to see an update: whatever it is, the incident shows it.
  urgency: Type.Optional(Type.Unknown()),
  priority: Type.Optional(Type.Unknown()),
  last_status_change_at: nullable(Time),
  resolved_at: nullable(Time),
  assignments: nullable(Type.Array(Type.Object({ at: nullable(Time), assignee: Reference }))),
  acknowledgements: nullable(Type.Array(Type.Object({ at: nullable(Time), acknowledger: Reference }))),
});

export type Incident = Static<typeof Incident>;

export const incidentReader = recordReader({ kind: 'incident', schema: Incident, always: ['status', 'created_at'] });

/** What PagerDuty answers to a merge, an incident without a status and without times; or what an event kept of one. */
export const incidentReferenceReader = recordReader({ kind: 'incident', schema: Incident });

/** Whether an incident is the incident itself, however odd, and not a reference of it. */
export function isWhole(incident: Incident): boolean {
  return typeof incident.status === 'string' || ('type' in incident && incident.type === 'incident');
}

/**
 * The fields of a note that this service reads; every other field is carried along untouched. Its user is whoever wrote
 * it: a user, an app, or somebody who is gone.
 * @see https://developer.pagerduty.com/api-reference/9ae5cbda8f9e3-create-a-note-on-an-incident
 */
export const Note = Type.Object({
  id: Id,
  created_at: nullable(Time),
  user: Type.Optional(Type.Unknown()),
});

export type Note = Static<typeof Note>;

export const noteReader = recordReader({ kind: 'note', schema: Note, always: ['created_at'] });

/**
 * The fields of a log entry that this service reads. Types end in `_log_entry`; more of them exist than PagerDuty
 * documents. The incident is a reference, or with `include[]=incidents` the incident as it is now.
 * @see https://developer.pagerduty.com/api-reference/c661e065403b5-list-log-entries
 */
export const LogEntry = Type.Object({
  id: Id,
  type: Type.String(),
  created_at: nullable(Time),
  agent: nullable(Reference),
  incident: nullable(Incident),
  assignees: nullable(Type.Array(Reference)),
});

export type LogEntry = Static<typeof LogEntry>;

export const logEntryReader = recordReader({
  kind: 'log_entry',
  schema: LogEntry,
  always: ['created_at'],
  needs: ({ type }) => {
    if (/^(assign|escalate|delegate)_log_entry$/.test(type)) return ['incident', 'assignees'];
    return /^(trigger|acknowledge|resolve)_log_entry$/.test(type) ? ['incident'] : [];
  },
});

/** The field of a policy, a service or a priority that this service reads; every other field is carried along. */
export const Named = Type.Object({ id: Id });

export type Named = Static<typeof Named>;
