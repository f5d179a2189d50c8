import type { Clock } from '../clock/clock.js';
import type { Connection } from '../connection/connection.js';
import type { QueryValue } from '../pagerduty/client.js';
import { collectPages } from '../pagerduty/listing.js';
import type { Incident } from '../pagerduty/models.js';
import { matchKeyOf, type ObservedEvent, timeOf, timestamp } from './events.js';

/** What was read of the incident lists. */
export interface IncidentLists {
  readonly incidents: readonly Incident[];
  /** PagerDuty's own time before its first answer was made. */
  readonly serverTimeMs: number;
}

/** PagerDuty refuses spans of more than six months, and assumes one month if no end is given. */
const maxSpanMs = 150 * 24 * 3_600_000;

/**
 * Reads the incidents in which anything can have changed since a time: all open ones, those created since, and those
 * resolved since. For keys that may not read log entries. It sees up to 20,000 open incidents: PagerDuty lists 10,000 in
 * each of two orders.
 */
export async function readLists(connection: Connection, sinceMs: number, clock: Clock): Promise<IncidentLists> {
  let serverTimeMs: number | undefined;
  const byId = new Map<string, Incident>();
  const read = async (query: Readonly<Record<string, QueryValue>>, isLast?: (page: readonly Incident[]) => boolean) => {
    const { items, complete } = await collectPages({
      fetch: async (offset, limit) => {
        const answer = await connection.incidents.listWithTime({ ...query, offset, limit });
        serverTimeMs ??= answer.serverTimeMs ?? clock.now();
        const { items, more } = answer.value;
        return { ...answer.value, more: more && isLast?.(items) !== true };
      },
    });
    // The first answer about an incident may be older than the last: the later one is kept.
    for (const incident of items) byId.set(incident.id, incident);
    return complete;
  };

  const open = { 'statuses[]': ['triggered', 'acknowledged'], date_range: 'all' };
  const wholeList = await read({ ...open, sort_by: 'incident_number:desc' });
  if (!wholeList) await read({ ...open, sort_by: 'incident_number:asc' });
  await read({
    sort_by: 'incident_number:asc',
    since: timestamp(sinceMs),
    until: timestamp(sinceMs + maxSpanMs),
  });
  await read({ 'statuses[]': ['resolved'], date_range: 'all', sort_by: 'resolved_at:desc' }, (page) => {
    const last = timeOf(page.at(-1)?.resolved_at);
    return last !== undefined && last < sinceMs;
  });
  return { incidents: [...byId.values()], serverTimeMs: serverTimeMs ?? clock.now() };
}

/**
 * What incidents, as they are now, show of their past: when they were created and resolved, and the acknowledgements
 * and assignments that still stand. Each has its time, so a renewed acknowledgement is another event, and the same one
 * read twice has the same key. The lists do not show what was over before they were read.
 */
export function listEvents(incidents: readonly Incident[], sinceMs: number): readonly ObservedEvent[] {
  const events: ObservedEvent[] = [];
  const inOrder = [...incidents].sort((a, b) => (a.incident_number ?? 0) - (b.incident_number ?? 0));
  for (const incident of inOrder) {
    const add = (kind: ObservedEvent['kind'], subject: string, by: string, at: string | null | undefined) => {
      const atMs = timeOf(at);
      if (atMs === undefined || atMs < sinceMs) return;
      const named = { kind, incidentId: incident.id, subject };
      const key = kind === 'created' ? `created ${incident.id}` : `${kind} ${incident.id} ${by} ${atMs}`;
      events.push({ ...named, key, matchKey: matchKeyOf(named, atMs), atMs, payload: incident });
    };
    add('created', incident.id, '', incident.created_at);
    for (const { at, assignee } of incident.assignments ?? []) add('assigned', assignee.id, assignee.id, at);
    for (const { at, acknowledger } of incident.acknowledgements ?? []) {
      add('acknowledged', incident.id, acknowledger.id, at);
    }
    if (incident.status === 'resolved') {
      add('resolved', incident.id, '', incident.resolved_at ?? incident.last_status_change_at);
    }
  }
  return events.sort((a, b) => a.atMs - b.atMs);
}
