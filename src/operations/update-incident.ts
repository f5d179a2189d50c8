import type { Connection } from '../connection/connection.js';
import type { Incident } from '../pagerduty/incident.js';
import type { IncidentUpdate } from '../pagerduty/incidents-api.js';
import { onceOnly } from './once-only.js';
import { isWorthASecondTry } from './worth-a-second-try.js';

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

/** Throws the error, and where it leaves open whether the update was made, says so. */
function rethrow(error: unknown): Promise<never> {
  return onceOnly('Look at the incident', () => Promise.reject(error));
}
