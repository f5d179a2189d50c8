import Type, { type Static } from 'typebox';
import { nullable } from './nullable.js';

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
  assignees: nullable(Type.Array(Type.Object({ id: Type.String() }))),
});

export type LogEntry = Static<typeof LogEntry>;
