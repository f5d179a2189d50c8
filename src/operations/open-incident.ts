import type { Connection } from '../connection/connection.js';
import { ServiceError } from '../errors/service-error.js';
import { PagerDutyResponseError } from '../pagerduty/errors.js';
import type { Incident } from '../pagerduty/models.js';
import { refuseUnreadable } from '../pagerduty/read-body.js';
import { isRetryable, sendOnce, withMayHaveBeenDone } from './send-once.js';

/** An incident to open. */
export interface IncidentToOpen {
  readonly serviceId: string;
  readonly title: string;
  /** With it PagerDuty refuses a second open incident on the service. */
  readonly key: string | undefined;
  /** E-mail address of the acting user. */
  readonly from: string;
  /** Further properties, as PagerDuty names them. */
  readonly more: object;
}

/** An older incident cannot be the one that was just sent: sending it and looking for it take less time. */
const maxAgeMs = 120_000;

const advice = 'Look at the open incidents of the service';

/**
 * Opens an incident. Without a key it is sent once, whatever happens. If there is a key and the answer is lost, the open
 * incident with that key is looked for before the incident is sent again, at most once. If the first one arrives late,
 * PagerDuty refuses the second by its key.
 * @throws {ServiceError} `incident_key_in_use`, 409, if another open incident of the service has the key
 */
export async function openIncident(connection: Connection, incident: IncidentToOpen): Promise<Incident> {
  const { serviceId, title, key, from, more } = incident;
  const service = { id: serviceId, type: 'service_reference' };
  const send = () => connection.incidents.create({ from, incident: { title, service, incident_key: key, ...more } });
  if (key === undefined) return sendOnce(advice, send);
  const search = () => openIncidentWith(key, connection, incident);
  try {
    return await send();
  } catch (error) {
    if (saysKeyInUse(error)) throw keyInUse(error, await search().catch(() => undefined));
    const failure = withMayHaveBeenDone(error, advice);
    if (!isRetryable(error)) throw failure;
    const found = await search().catch(() => {
      throw failure;
    });
    if (found !== undefined) return ownOnly(found, error);
  }
  try {
    return await sendOnce(advice, send);
  } catch (error) {
    if (!saysKeyInUse(error)) throw error;
    return ownOnly(await search().catch(() => undefined), error);
  }
}

interface Found {
  readonly incident: Incident;
  /** Whether it is the incident that was sent: the same title, and not older. */
  readonly isOwn: boolean;
}

async function openIncidentWith(
  key: string,
  connection: Connection,
  { serviceId, title }: IncidentToOpen,
): Promise<Found | undefined> {
  const { value, serverTimeMs } = await connection.incidents.listWithTime({
    incident_key: key,
    'service_ids[]': [serviceId],
    'statuses[]': ['triggered', 'acknowledged'],
    date_range: 'all',
    limit: 1,
  });
  refuseUnreadable(value);
  const [incident] = value.items;
  if (incident === undefined) return undefined;
  const ageMs = (serverTimeMs ?? Number.NaN) - Date.parse(incident.created_at ?? '');
  // If either time is missing, it goes by key and title alone.
  const isNew = Number.isNaN(ageMs) || ageMs <= maxAgeMs;
  return { incident, isOwn: isNew && incident.title === title };
}

function ownOnly(found: Found | undefined, cause: unknown): Incident {
  if (found?.isOwn === true) return found.incident;
  throw keyInUse(cause, found);
}

/** Observed: an error of code 2002, which means other things too, with these words. */
function saysKeyInUse(error: unknown): boolean {
  if (!(error instanceof PagerDutyResponseError) || error.pagerDutyCode !== 2002) return false;
  return error.says(/matching dedup key|incident[_ ]key/i);
}

function keyInUse(cause: unknown, found: Found | undefined): ServiceError {
  const id = found?.incident.id;
  return new ServiceError({
    code: 'incident_key_in_use',
    statusCode: 409,
    message: `Incident Key (incident_key): expected a key that no open incident of the service has, got the key of ${id === undefined ? 'one that is open' : `incident ${id}`}. Nothing was created: work with that incident, or resolve it first.`,
    details: { field: 'incident_key', ...(id === undefined ? {} : { incidentId: id }) },
    cause,
  });
}
