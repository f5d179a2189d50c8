import type { Connection } from '../connection/connection.js';
import type { Incident } from '../pagerduty/incident.js';
import { refuseResolved } from './refuse-resolved.js';
import { updateIncident } from './update-incident.js';

/** Changes the status of an incident on behalf of a user. A resolved one is not acknowledged: that would reopen it. */
export function changeStatus(
  connection: Connection,
  change: {
    readonly id: string;
    readonly status: 'acknowledged' | 'resolved';
    /** E-mail address of the acting user. */
    readonly from: string;
  },
): Promise<Incident> {
  const { id, from, status } = change;
  return updateIncident(connection, {
    id,
    from,
    change: { status },
    isDone: (incident) => incident.status === status,
    refuse: refuseResolved,
  });
}
