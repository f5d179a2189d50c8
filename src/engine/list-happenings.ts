import type { Incident } from '../pagerduty/incident.js';
import { aliasOf, type Happening, timeOf } from './happening.js';

/**
 * What incidents, as they are now, tell of their past: when they were created and resolved, and the acknowledgements
 * and assignments that still stand. Each has its time, so a renewed acknowledgement is another one, and the same one
 * read twice has the same key. What was over before the lists were read is not in them.
 */
export function listHappenings(incidents: readonly Incident[], sinceMs: number): readonly Happening[] {
  const happenings: Happening[] = [];
  const inOrder = [...incidents].sort((a, b) => (a.incident_number ?? 0) - (b.incident_number ?? 0));
  for (const incident of inOrder) {
    const tell = (kind: Happening['kind'], subject: string, by: string, at: string | null | undefined) => {
      const atMs = timeOf(at);
      if (atMs === undefined || atMs < sinceMs) return;
      const named = { kind, incidentId: incident.id, subject };
      const key = kind === 'created' ? `created ${incident.id}` : `${kind} ${incident.id} ${by} ${atMs}`;
      happenings.push({ ...named, key, alias: aliasOf(named, atMs), atMs, payload: incident });
    };
    tell('created', incident.id, '', incident.created_at);
    for (const { at, assignee } of incident.assignments ?? []) tell('assigned', assignee.id, assignee.id, at);
    for (const { at, acknowledger } of incident.acknowledgements ?? []) {
      tell('acknowledged', incident.id, acknowledger.id, at);
    }
    if (incident.status === 'resolved') {
      tell('resolved', incident.id, '', incident.resolved_at ?? incident.last_status_change_at);
    }
  }
  return happenings.sort((a, b) => a.atMs - b.atMs);
}
