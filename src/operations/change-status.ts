import type { Connection } from '../connection/connection.js';
import type { Incident } from '../pagerduty/incident.js';
import type { StatusChange } from '../pagerduty/incidents-api.js';
import { PagerDutyResponseError } from '../pagerduty/pagerduty-response-error.js';
import { mayPass } from '../pagerduty/retrying.js';
import { refuseResolved } from './refuse-resolved.js';

/**
 * Changes the status of an incident. Where PagerDuty's answer is lost, the incident is looked at before anything is
 * sent again: the change may have been made, and acknowledging an incident that was resolved meanwhile would reopen
 * it.
 */
export async function changeStatus(connection: Connection, change: StatusChange): Promise<Incident> {
  try {
    return await connection.incidents.changeStatus(change);
  } catch (error) {
    const refused = error instanceof PagerDutyResponseError && error.status === 429;
    if (refused || !mayPass(error)) throw error;
    const incident = await connection.incidents.get(change.id).catch(() => {
      throw error;
    });
    if (incident.status === change.status) return incident;
    refuseResolved(incident);
    return connection.incidents.changeStatus(change);
  }
}
