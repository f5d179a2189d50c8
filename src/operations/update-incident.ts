import type { Connection } from '../connection/connection.js';
import { ServiceError } from '../errors/service-error.js';
import type { IncidentUpdate } from '../pagerduty/incidents-api.js';
import type { Incident } from '../pagerduty/models.js';
import { isWorthASecondTry, onceOnly } from './once-only.js';

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

/** @throws {ServiceError} `incident_resolved`, 409, for an incident that is resolved and must stay so */
export function refuseResolved(incident: Incident): void {
  if (incident.status !== 'resolved') return;
  throw new ServiceError({
    code: 'incident_resolved',
    statusCode: 409,
    message:
      'Incident (incidentId): expected an incident that is open, got one that is resolved. Nothing was changed: PagerDuty would have reopened it.',
    details: { field: 'incidentId' },
  });
}

/**
 * Changes the status of an incident on behalf of a user. A resolved one is not acknowledged: that would reopen it. Where
 * the answer is lost, an acknowledgement counts as made only if it is this user's: somebody else's is another.
 */
export function changeStatus(
  connection: Connection,
  change: {
    readonly id: string;
    readonly status: 'acknowledged' | 'resolved';
    readonly userId: string;
    /** E-mail address of the acting user. */
    readonly from: string;
  },
): Promise<Incident> {
  const { id, from, status, userId } = change;
  return updateIncident(connection, {
    id,
    from,
    change: { status },
    isDone: (incident) =>
      status === 'resolved'
        ? incident.status === status
        : (incident.acknowledgements ?? []).some(({ acknowledger }) => acknowledger.id === userId),
    refuse: refuseResolved,
  });
}
