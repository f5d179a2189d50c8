import type { Clock } from '../clock/clock.js';
import type { Connection } from '../connection/connection.js';
import { PagerDutyResponseError } from '../pagerduty/errors.js';
import { type Incident, isWhole, type LogEntry } from '../pagerduty/models.js';
import type { ObservedEvent } from './events.js';
import { listEvents, readLists } from './read-lists.js';
import { isOfInterest, readTimeline, timelineEvents } from './read-timeline.js';

/** What a poll has read. */
export type PollResult = {
  /** Everything of interest that PagerDuty says has happened since the time asked for, in order of time. */
  readonly events: readonly ObservedEvent[];
  /** PagerDuty's own time before its first answer was made. */
  readonly serverTimeMs: number;
  /** True if the timeline was tried, and PagerDuty does not let the key read it. */
  readonly isTimelineRefused: boolean;
} & ({ readonly source: 'timeline'; readonly entries: readonly LogEntry[] } | { readonly source: 'lists' });

/**
 * Reads what has happened since a time: from the timeline, which tells everything, or from the incident lists if the
 * key may not read the timeline.
 * @param options.tryTimeline false while it is known that the key may not
 * @throws {PagerDutyResponseError} and the other errors of a call, if nothing could be read
 */
export async function readAccount(
  connection: Connection,
  { sinceMs, tryTimeline, clock }: { sinceMs: number; tryTimeline: boolean; clock: Clock },
): Promise<PollResult> {
  if (tryTimeline) {
    try {
      return await fromTimeline(connection, sinceMs, clock);
    } catch (error) {
      if (!(error instanceof PagerDutyResponseError) || error.pagerDutyStatus !== 403) throw error;
    }
  }
  const { incidents, serverTimeMs } = await readLists(connection, sinceMs, clock);
  return { source: 'lists', events: listEvents(incidents, sinceMs), serverTimeMs, isTimelineRefused: tryTimeline };
}

async function fromTimeline(connection: Connection, sinceMs: number, clock: Clock): Promise<PollResult> {
  const { entries, serverTimeMs } = await readTimeline(connection, sinceMs, clock);
  const incidents = await incidentsOf(connection, entries.filter(isOfInterest));
  const events = timelineEvents(entries, incidents);
  return { source: 'timeline', entries, events, serverTimeMs, isTimelineRefused: false };
}

/** The incidents of entries: PagerDuty includes them, and one that it does not include is fetched. */
async function incidentsOf(
  connection: Connection,
  entries: readonly LogEntry[],
): Promise<ReadonlyMap<string, Incident>> {
  const incidents = new Map<string, Incident>();
  for (const { incident, created_at } of entries) {
    if (incident === null || incident === undefined || incidents.has(incident.id)) continue;
    incidents.set(
      incident.id,
      isWhole(incident) ? incident : await fetchIncident(connection, incident.id, created_at ?? null),
    );
  }
  return incidents;
}

/** What happened to an incident that cannot be read any more has still happened: it is delivered with its id alone. */
async function fetchIncident(connection: Connection, id: string, entryCreatedAt: string | null): Promise<Incident> {
  try {
    return await connection.incidents.get(id);
  } catch (error) {
    if (!(error instanceof PagerDutyResponseError) || (error.pagerDutyStatus !== 404 && error.pagerDutyStatus !== 403))
      throw error;
    return { id, status: 'resolved', created_at: entryCreatedAt };
  }
}
