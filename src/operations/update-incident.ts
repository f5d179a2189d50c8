import type { Connection } from '../connection/connection.js';
import type { Incident } from '../pagerduty/incident.js';
import type { IncidentUpdate } from '../pagerduty/incidents-api.js';
import { PagerDutyResponseError } from '../pagerduty/pagerduty-response-error.js';
import { mayPass } from '../pagerduty/retrying.js';

/**
 * Updates an incident. Where PagerDuty's answer is lost, the incident is looked at before anything is sent again, at
 * most once: the update may have been made, and somebody else may have changed the incident meanwhile.
 */
export async function updateIncident(
  connection: Connection,
  update: IncidentUpdate & {
    /** Whether an incident is as the update wants it. */
    readonly isDone: (incident: Incident) => boolean;
    /** Throws where an incident has become one that must not be updated. */
    readonly refuse?: (incident: Incident) => void;
  },
): Promise<Incident> {
  try {
    return await connection.incidents.update(update);
  } catch (error) {
    const refused = error instanceof PagerDutyResponseError && error.status === 429;
    if (refused || !mayPass(error)) throw error;
    const incident = await connection.incidents.get(update.id).catch(() => {
      throw error;
    });
    if (update.isDone(incident)) return incident;
    update.refuse?.(incident);
    return connection.incidents.update(update);
  }
}
