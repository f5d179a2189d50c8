import type { Connection } from '../connection/connection.js';
import type { Incident } from '../pagerduty/incident.js';
import { refuseResolved } from './refuse-resolved.js';
import { updateIncident } from './update-incident.js';

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
