import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import { nullable } from './nullable.js';

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
  last_status_change_at: nullable(Type.String()),
  resolved_at: nullable(Type.String()),
  assignments: nullable(Type.Array(Type.Object({ at: nullable(Type.String()), assignee: Reference }))),
  acknowledgements: nullable(Type.Array(Type.Object({ at: nullable(Type.String()), acknowledger: Reference }))),
});

export type Incident = Static<typeof Incident>;

const validator = Compile(Incident);

/** Whether a value is an incident as PagerDuty sends them. */
export function isIncident(value: unknown): value is Incident {
  return validator.Check(value);
}
