import type { Clock } from '../clock/clock.js';
import type { Connection } from '../connection/connection.js';
import { PagerDutyResponseError } from '../pagerduty/errors.js';
import type { LogEntry } from '../pagerduty/models.js';
import { type Incident, isIncident } from '../pagerduty/models.js';
import { type Happening, type Source, timeOf } from './happening.js';
import { listHappenings, readLists } from './read-lists.js';
import { isOfInterest, readTimeline, timelineHappenings } from './read-timeline.js';

/** What a poll has read, whichever source it read. */
export interface Reading {
  readonly source: Source;
  readonly happenings: readonly Happening[];
  readonly serverTimeMs: number;
  /** True where the timeline was tried and PagerDuty does not let the key read it. */
  readonly timelineRefused: boolean;
  /** The timeline, if that is what was read. */
  readonly entries: readonly LogEntry[] | undefined;
}

/**
 * Reads what has happened since a time: from the timeline, which tells everything; from the incident lists where the
 * key may not read the timeline.
 * @param tryTimeline false where it is known that the key may not
 * @throws {PagerDutyResponseError} and the other errors of a call, where nothing could be read
 */
export async function observeAccount(
  connection: Connection,
  options: { sinceMs: number; tryTimeline: boolean; clock: Clock },
): Promise<Reading> {
  const { sinceMs, clock } = options;
  if (options.tryTimeline) {
    try {
      return await fromTimeline(connection, sinceMs, clock);
    } catch (error) {
      if (!(error instanceof PagerDutyResponseError) || error.pagerDutyStatus !== 403) throw error;
    }
  }
  const { incidents, serverTimeMs } = await readLists(connection, sinceMs, clock);
  const happenings = listHappenings(incidents, sinceMs);
  return { source: 'lists', happenings, serverTimeMs, timelineRefused: options.tryTimeline, entries: undefined };
}

async function fromTimeline(connection: Connection, sinceMs: number, clock: Clock): Promise<Reading> {
  const { entries, serverTimeMs } = await readTimeline(connection, sinceMs, clock);
  const incidents = await incidentsOf(connection, entries.filter(isOfInterest));
  const happenings = timelineHappenings(entries, incidents);
  return { source: 'timeline', happenings, serverTimeMs, timelineRefused: false, entries };
}

/** The incidents of entries: PagerDuty includes them, and one that it does not is asked for. */
async function incidentsOf(
  connection: Connection,
  entries: readonly LogEntry[],
): Promise<ReadonlyMap<string, Incident>> {
  const incidents = new Map<string, Incident>();
  for (const { incident, created_at } of entries) {
    if (incident === null || incident === undefined || incidents.has(incident.id)) continue;
    incidents.set(
      incident.id,
      isIncident(incident) ? incident : await fetchIncident(connection, incident.id, created_at),
    );
  }
  return incidents;
}

/** An incident that cannot be read any more still has happened: it is told with what is known of it. */
async function fetchIncident(connection: Connection, id: string, entryCreatedAt: string): Promise<Incident> {
  try {
    return await connection.incidents.get(id);
  } catch (error) {
    if (!(error instanceof PagerDutyResponseError) || (error.pagerDutyStatus !== 404 && error.pagerDutyStatus !== 403))
      throw error;
    return { id, status: 'resolved', created_at: timeOf(entryCreatedAt) === undefined ? '' : entryCreatedAt };
  }
}
