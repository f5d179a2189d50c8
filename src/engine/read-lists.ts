import type { Clock } from '../clock/clock.js';
import type { Connection } from '../connection/connection.js';
import type { QueryValue } from '../pagerduty/client.js';
import { collectPages } from '../pagerduty/listing.js';
import type { Incident } from '../pagerduty/models.js';
import { aliasOf, type Happening, timeOf, timestamp } from './happening.js';

/** What was read of the incident lists. */
export interface IncidentLists {
  readonly incidents: readonly Incident[];
  /** PagerDuty's own time before its first answer was made. */
  readonly serverTimeMs: number;
}

/** PagerDuty refuses spans of more than six months, and assumes one month where no end is given. */
const longestSpanMs = 150 * 24 * 3_600_000;

/**
 * Reads the incidents in which anything can have changed since a time: all open ones, those created since, and those
 * resolved since. For keys that may not read log entries. Up to 20,000 open incidents are seen: PagerDuty lists 10,000
 * in one order, and the others in the opposite one.
 */
export async function readLists(connection: Connection, sinceMs: number, clock: Clock): Promise<IncidentLists> {
  let serverTimeMs: number | undefined;
  const byId = new Map<string, Incident>();
  const read = async (query: Readonly<Record<string, QueryValue>>, isLast?: (page: readonly Incident[]) => boolean) => {
    const { items, complete } = await collectPages({
      fetch: async (offset, limit) => {
        const answer = await connection.incidents.listWithTime({ ...query, offset, limit });
        serverTimeMs ??= answer.serverTimeMs ?? clock.now();
        const { items: page, more } = answer.value;
        return { items: page, more: more && isLast?.(page) !== true };
      },
    });
    // The first answer about an incident may be older than the last: what is read later is kept.
    for (const incident of items) byId.set(incident.id, incident);
    return complete;
  };

  const open = { 'statuses[]': ['triggered', 'acknowledged'], date_range: 'all' };
  const wholeList = await read({ ...open, sort_by: 'incident_number:desc' });
  if (!wholeList) await read({ ...open, sort_by: 'incident_number:asc' });
  await read({
    sort_by: 'incident_number:asc',
    since: timestamp(sinceMs),
    until: timestamp(sinceMs + longestSpanMs),
  });
  await read({ 'statuses[]': ['resolved'], date_range: 'all', sort_by: 'resolved_at:desc' }, (page) => {
    const last = timeOf(page.at(-1)?.resolved_at);
    return last !== undefined && last < sinceMs;
  });
  return { incidents: [...byId.values()], serverTimeMs: serverTimeMs ?? clock.now() };
}

/**
 * What incidents, as they are now, tell of their past: when they were created and resolved, and the acknowledgements
 * and assignments that still stand. Each has its time, so a renewed acknowledgement is another one, and the same one
 * read twice has the same key. What was over before the lists were read is not in them.
 */
export function listHappenings(incidents: readonly Incident[], sinceMs: number): readonly Happening[] {
  const happenings: Happening[] = [];
  const inOrder = [...incidents].sort((a, b) => (a.incident_number ?? 0) - (b.incident_number ?? 0));
  for (const incident of inOrder) {
    const tell = (kind: Happening['kind'], subject: string, by: string, at: string | null | undefined) => {
      const atMs = timeOf(at);
      if (atMs === undefined || atMs < sinceMs) return;
      const named = { kind, incidentId: incident.id, subject };
      const key = kind === 'created' ? `created ${incident.id}` : `${kind} ${incident.id} ${by} ${atMs}`;
      happenings.push({ ...named, key, alias: aliasOf(named, atMs), atMs, payload: incident });
    };
    tell('created', incident.id, '', incident.created_at);
    for (const { at, assignee } of incident.assignments ?? []) tell('assigned', assignee.id, assignee.id, at);
    for (const { at, acknowledger } of incident.acknowledgements ?? []) {
      tell('acknowledged', incident.id, acknowledger.id, at);
    }
    if (incident.status === 'resolved') {
      tell('resolved', incident.id, '', incident.resolved_at ?? incident.last_status_change_at);
    }
  }
  return happenings.sort((a, b) => a.atMs - b.atMs);
}
