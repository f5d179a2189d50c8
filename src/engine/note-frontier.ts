import type { Connection } from '../connection/connection.js';
import { ServiceError } from '../errors/service-error.js';
import { PagerDutyResponseError } from '../pagerduty/errors.js';
import { type NoteSource, noteKey, readNotes } from './read-notes.js';

/** What a host that waits for an incident's notes is registered behind: what is there, and no clock's time. */
export interface NoteFrontier {
  /** PagerDuty's id. */
  readonly incidentId: string;
  /** When the newest note was written; undefined if there is none whose time can be read. */
  readonly newestMs: number | undefined;
  /**
   * The keys of the notes of that very second, and of those whose time cannot be read: the host has them. Another note of
   * the second may still come.
   */
  readonly newestKeys: readonly string[];
}

/** What a frontier is found with: a connection. */
export type IncidentSource = NoteSource & Pick<Connection, 'incidentIdOf'>;

/**
 * Reads how far the notes of an incident reach.
 * @param incident what the flow names it by: PagerDuty's id, or its number
 * @throws {ServiceError} `pagerduty_not_found`, 404, if PagerDuty has no such incident
 * @throws {PagerDutyResponseError} and the other errors of a call
 */
export async function noteFrontier(source: IncidentSource, incident: string): Promise<NoteFrontier> {
  const incidentId = await incidentIdOf(source, incident);
  const notes = await readNotes(source, incidentId).catch(explained);
  const times = notes.flatMap(({ createdAtMs }) => createdAtMs ?? []);
  const newestMs = times.length === 0 ? undefined : times.reduce((a, b) => Math.max(a, b));
  const newestSecond = secondOf(newestMs ?? 0);
  const newest = notes.filter(({ createdAtMs }) => createdAtMs === undefined || secondOf(createdAtMs) === newestSecond);
  return { incidentId, newestMs, newestKeys: newest.map(({ id }) => noteKey(id)) };
}

/**
 * PagerDuty's id of an incident that a flow names by that, or by its number, "1234" or "#1234", which PagerDuty's own
 * paths take too. A number is looked up once, and remembered with the connection.
 * @throws {ServiceError} `pagerduty_not_found`, 404, if PagerDuty has no incident with that number
 */
export async function incidentIdOf(source: Pick<Connection, 'incidentIdOf'>, incident: string): Promise<string> {
  const [, number] = /^\s*#?(\d+)\s*$/.exec(incident) ?? [];
  return number === undefined ? incident : source.incidentIdOf(number).catch(explained);
}

function secondOf(timeMs: number): number {
  return Math.floor(timeMs / 1000);
}

/** Says of an incident that is not there which input names it. */
function explained(error: unknown): never {
  if (!(error instanceof PagerDutyResponseError) || error.pagerDutyStatus !== 404) throw error;
  throw new ServiceError({
    code: 'pagerduty_not_found',
    statusCode: 404,
    message:
      'Incident (incidentId): expected the id or the number of an incident of this PagerDuty account, got one that no incident has. Take it from the address of the incident’s page in PagerDuty. If the incident has just been created, poll again.',
    details: { field: 'incidentId', ...error.details },
    cause: error,
  });
}
