import type { Account } from './account.js';
import type { Incident, IncidentStatus, Urgency } from './records.js';

export type SortField = 'incident_number' | 'created_at' | 'resolved_at' | 'urgency';

export interface IncidentQuery {
  readonly offset: number;
  readonly limit: number;
  readonly count: boolean;
  readonly sinceMs: number | null;
  readonly untilMs: number | null;
  readonly statuses: readonly IncidentStatus[];
  readonly urgencies: readonly Urgency[];
  readonly serviceIds: readonly string[];
  readonly teamIds: readonly string[];
  readonly userIds: readonly string[];
  /** Blank is every open incident; undefined does not filter. */
  readonly key: string | undefined;
  readonly sort: readonly { readonly field: SortField; readonly descending: boolean }[];
}

export interface IncidentPage {
  readonly incidents: readonly Incident[];
  readonly more: boolean;
  readonly total: number | null;
}

/** One page of the incidents that match. */
export function listIncidents(account: Account, query: IncidentQuery): IncidentPage {
  const matching = candidates(account, query).filter(matches(account, query));
  order(matching, query);
  const repeats = account.settings.repeatBetweenPages && query.sort.length === 0 && query.offset > 0;
  const start = repeats ? query.offset - 1 : query.offset;
  return {
    incidents: matching.slice(start, start + query.limit),
    more: matching.length > start + query.limit,
    total: query.count ? matching.length : null,
  };
}

/** The smallest set that is at hand and holds everything that can match, in no particular order. */
function candidates(account: Account, query: IncidentQuery): Incident[] {
  if (query.key !== undefined && query.key !== '') return [...account.incidentsByKey(query.key)];
  const openOnly =
    query.key === '' || query.userIds.length > 0 || (query.statuses.length > 0 && !query.statuses.includes('resolved'));
  if (openOnly) return [...account.open];
  return query.sinceMs === null
    ? account.incidents.slice()
    : account.incidents.slice(firstFrom(account, query.sinceMs));
}

function firstFrom(account: Account, sinceMs: number): number {
  let low = 0;
  let high = account.incidents.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const incident = account.incidents[middle];
    if (incident !== undefined && incident.createdAtMs < sinceMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function matches(account: Account, query: IncidentQuery): (incident: Incident) => boolean {
  const nowMs = account.exactNow();
  const statuses = query.statuses.length === 0 ? null : new Set<IncidentStatus>(query.statuses);
  const urgencies = query.urgencies.length === 0 ? null : new Set<Urgency>(query.urgencies);
  const serviceIds = query.serviceIds.length === 0 ? null : new Set(query.serviceIds);
  const userIds = query.userIds.length === 0 ? null : new Set(query.userIds);
  const teamServices =
    query.teamIds.length === 0
      ? null
      : new Set(
          account.directory.services
            .filter((service) => service.teamIds.some((id) => query.teamIds.includes(id)))
            .map((service) => service.id),
        );
  return (incident) =>
    incident.listedFromMs <= nowMs &&
    (query.sinceMs === null || incident.createdAtMs >= query.sinceMs) &&
    (query.untilMs === null || incident.createdAtMs < query.untilMs) &&
    (statuses === null || statuses.has(incident.status)) &&
    (urgencies === null || urgencies.has(incident.urgency)) &&
    (serviceIds === null || serviceIds.has(incident.serviceId)) &&
    (teamServices === null || teamServices.has(incident.serviceId)) &&
    (userIds === null || incident.assignments.some((one) => userIds.has(one.userId)));
}

/**
 * Without `sort_by` PagerDuty promises no order. The sandbox shuffles, the same way every time, so that a client that
 * relies on an order is found out.
 */
function order(incidents: Incident[], query: IncidentQuery): void {
  if (query.sort.length === 0) {
    incidents.sort((a, b) => a.shuffle - b.shuffle);
    return;
  }
  incidents.sort((a, b) => {
    for (const { field, descending } of query.sort) {
      const difference = sortValue(a, field) - sortValue(b, field);
      if (difference !== 0) return descending ? -difference : difference;
    }
    return a.number - b.number;
  });
}

function sortValue(incident: Incident, field: SortField): number {
  if (field === 'incident_number') return incident.number;
  if (field === 'created_at') return incident.createdAtMs;
  // Ascending by urgency is low before high; an open incident has no resolved_at and counts as resolved last.
  if (field === 'urgency') return incident.urgency === 'high' ? 1 : 0;
  return incident.resolvedAtMs ?? Number.MAX_SAFE_INTEGER;
}
