import type { Connection } from '../connection/connection.js';
import type { Incident } from '../pagerduty/incident.js';
import type { IncidentUpdate } from '../pagerduty/incidents-api.js';
import { leavesOpen } from '../pagerduty/leaves-open.js';
import { PagerDutyResponseError } from '../pagerduty/pagerduty-response-error.js';
import { PagerDutyUnreachableError } from '../pagerduty/pagerduty-unreachable-error.js';
import { onceOnly } from './once-only.js';

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
  const send = () => onceOnly('Look at the incident', () => connection.incidents.update(update));
  try {
    return await connection.incidents.update(update);
  } catch (error) {
    if (!isWorthASecondTry(error)) return rethrow(error);
    const incident = await connection.incidents.get(update.id).catch(() => rethrow(error));
    if (update.isDone(incident)) return incident;
    update.refuse?.(incident);
    return send();
  }
}

/** PagerDuty's own wait is the caller's to keep: it is passed on with the answer. */
function isWorthASecondTry(error: unknown): boolean {
  if (error instanceof PagerDutyResponseError && error.retryAfterMs !== undefined) return false;
  return leavesOpen(error) || error instanceof PagerDutyUnreachableError;
}

/** Throws the error, and where it leaves open whether the update was made, says so. */
function rethrow(error: unknown): Promise<never> {
  return onceOnly('Look at the incident', () => Promise.reject(error));
}
