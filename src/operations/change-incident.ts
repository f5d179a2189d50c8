import type { Connection } from '../connection/connection.js';
import { ServiceError } from '../errors/service-error.js';
import { PagerDutyInvalidResponseError } from '../pagerduty/errors.js';
import type { IncidentUpdate } from '../pagerduty/incidents-api.js';
import type { Incident } from '../pagerduty/models.js';
import { isRetryable, sendOnce, withMayHaveBeenDone } from './send-once.js';

const advice = 'Look at the incident';

/**
 * Changes an incident. If PagerDuty's answer is lost, the incident is looked at before anything is sent again, at most
 * once: the change may have been made, and somebody else may have changed the incident meanwhile.
 */
export async function changeIncident(
  connection: Connection,
  update: IncidentUpdate & {
    /** Whether an incident is as the change wants it. */
    readonly isDone: (incident: Incident) => boolean;
    /** Throws if the incident has become one that must not be changed. */
    readonly refuse?: (incident: Incident) => void;
  },
): Promise<Incident> {
  try {
    return await connection.incidents.update(update);
  } catch (error) {
    const failure = withMayHaveBeenDone(error, advice);
    if (!isRetryable(error)) throw failure;
    const incident = await connection.incidents.get(update.id).catch(() => {
      throw failure;
    });
    if (update.isDone(incident)) return incident;
    return sendOnce(advice, async () => {
      update.refuse?.(incident);
      return connection.incidents.update(update);
    });
  }
}

/**
 * @throws {ServiceError} `incident_resolved`, 409, for an incident that is resolved and must stay so
 * @throws {PagerDutyInvalidResponseError} for one of which PagerDuty does not say whether it is
 */
export function refuseResolved({ status }: Incident): void {
  if (typeof status !== 'string') throw new PagerDutyInvalidResponseError('an incident with a status');
  if (status !== 'resolved') return;
  throw new ServiceError({
    code: 'incident_resolved',
    statusCode: 409,
    message:
      'Incident (incidentId): expected an incident that is open, got one that is resolved. Nothing was changed: PagerDuty would have reopened it.',
    details: { field: 'incidentId' },
  });
}

/**
 * Changes the status of an incident on behalf of a user. A resolved incident is not acknowledged: that would reopen it.
 * If the answer is lost, an acknowledgement counts as made only if it is this user's.
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
  return changeIncident(connection, {
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
