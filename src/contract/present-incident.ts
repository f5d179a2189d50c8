import type { Incident } from '../pagerduty/incident.js';
import { type Presented, present } from './present.js';

/**
 * An incident as callers get it: flat, every declared property there, and the first assignee's id beside the
 * assignments, because designers cannot reach into a list for it.
 */
export function presentIncident(incident: Incident): Presented {
  return present('Incident', { ...incident, assignedUserId: incident.assignments?.[0]?.assignee.id ?? null });
}
