import type { Connection } from '../connection/connection.js';
import type { QueryValue } from '../pagerduty/client.js';
import { collectPages } from '../pagerduty/listing.js';
import type { Incident } from '../pagerduty/models.js';
import { type EventKind, matchKeyOf, type ObservedEvent, timeOf, timestamp } from './events.js';

/** PagerDuty refuses spans of more than six months, and assumes one month if no end is given. */
const maxSpanMs = 150 * 24 * 3_600_000;

/** What was read of the incident lists. */
export interface IncidentLists {
  /** All that the incidents show of their past, in order of time: older things than were asked for, too. */
  readonly events: readonly ObservedEvent[];
  /** The newest of it, whenever it was; undefined if there is no incident. */
  readonly newestMs: number | undefined;
  readonly dateMs: number | undefined;
}

/**
 * Reads the incidents in which anything can have changed since a time: all open ones, those created since, and those
 * resolved since. For keys that may not read log entries. It sees up to 20,000 open incidents: PagerDuty lists 10,000 in
 * each of two orders.
 */
export async function readLists(connection: Connection, sinceMs: number): Promise<IncidentLists> {
  let dateMs: number | undefined;
  const byId = new Map<string, Incident>();
  const read = async (query: Readonly<Record<string, QueryValue>>, isLast?: (page: readonly Incident[]) => boolean) => {
    const collected = await collectPages({
      fetch: async (offset, limit) => {
        const { value, serverTimeMs } = await connection.incidents.listWithTime({ ...query, offset, limit });
        dateMs = serverTimeMs ?? dateMs;
        return { ...value, more: value.more && isLast?.(value.items) !== true };
      },
    });
    // The first answer about an incident may be older than the last: the later one is kept.
    for (const incident of collected.items) byId.set(incident.id, incident);
    return collected.complete;
  };

  const open = { 'statuses[]': ['triggered', 'acknowledged'], date_range: 'all' };
  const wholeList = await read({ ...open, sort_by: 'incident_number:desc' });
  if (!wholeList) await read({ ...open, sort_by: 'incident_number:asc' });
  await read({ sort_by: 'incident_number:asc', since: timestamp(sinceMs), until: timestamp(sinceMs + maxSpanMs) });
  await read({ 'statuses[]': ['resolved'], date_range: 'all', sort_by: 'resolved_at:desc' }, (page) => {
    const last = timeOf(page.at(-1)?.resolved_at);
    return last !== undefined && last < sinceMs;
  });
  const events = listEvents([...byId.values()]);
  return { events, newestMs: events.at(-1)?.atMs, dateMs };
}

/** How far the time of an entry may be from that of its incident, if the lists have to tell what it is about. */
const aroundMs = 3_600_000;

/** The incidents created around a second in which PagerDuty has more log entries than it lists: what is known is left out. */
export async function readAroundSecond(connection: Connection, secondMs: number): Promise<readonly ObservedEvent[]> {
  const read = async (fromMs: number, untilMs: number) => {
    const span = { since: timestamp(fromMs), until: timestamp(untilMs), sort_by: 'incident_number:asc' };
    const { items } = await collectPages({
      fetch: async (offset, limit) => (await connection.incidents.listWithTime({ ...span, offset, limit })).value,
    });
    return items;
  };
  // Of the hour there may be more than PagerDuty lists: the second itself comes first.
  const incidents = [
    ...(await read(secondMs, secondMs + 1_000)),
    ...(await read(secondMs - aroundMs, secondMs + aroundMs)),
  ];
  return listEvents(incidents).filter(({ kind }) => kind === 'created');
}

/**
 * What incidents, as they are now, show of their past: when they were created and resolved, and the acknowledgements
 * and assignments that still stand. Each has its time, so a renewed acknowledgement is another event, and the same one
 * read twice has the same key. The lists do not show what was over before they were read.
 */
export function listEvents(incidents: readonly Incident[]): readonly ObservedEvent[] {
  const events: ObservedEvent[] = [];
  const inOrder = [...incidents].sort((a, b) => (a.incident_number ?? 0) - (b.incident_number ?? 0));
  for (const incident of inOrder) {
    const add = (kind: EventKind, subject: string, by: string, at: unknown) => {
      const atMs = timeOf(at);
      if (atMs === undefined) return;
      const named = { kind, incidentId: incident.id, subject };
      const key = listKey(kind, incident.id, by, atMs);
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

/**
 * How the lists name an event: by what shows in an incident.
 * @param by who acknowledged it, or whom it was assigned to
 */
export function listKey(kind: EventKind, incidentId: string, by: string, atMs: number): string {
  return kind === 'created' ? `created ${incidentId}` : `${kind} ${incidentId} ${by} ${atMs}`;
}

/** Whether a key is one of the lists alone. */
export function isListKey(key: string): boolean {
  return /^\w+ \S+ \S* \d+$/.test(key);
}
