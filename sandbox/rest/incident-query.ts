import { AccountError, invalidInput } from '../account/account-error.js';
import type { IncidentQuery, SortField } from '../account/list-incidents.js';
import type { QueryText } from '../http/query-text.js';
import { readPaging } from './paging.js';

const sortFields = ['incident_number', 'created_at', 'resolved_at', 'urgency'] as const;
const maxMonths = 6;

/** The filters of `GET /incidents`. */
export function readIncidentQuery(query: QueryText, nowMs: number): IncidentQuery {
  return {
    ...readPaging(query),
    ...readRange(query, nowMs),
    statuses: query.allOf('statuses[]', ['triggered', 'acknowledged', 'resolved']),
    urgencies: query.allOf('urgencies[]', ['high', 'low']),
    serviceIds: query.all('service_ids[]'),
    teamIds: query.all('team_ids[]'),
    userIds: query.all('user_ids[]'),
    key: query.one('incident_key'),
    sort: readSort(query.one('sort_by')),
  };
}

/** At most six months; without `since` and `until` the last one; everything with `date_range=all`. */
function readRange(query: QueryText, nowMs: number): { sinceMs: number | null; untilMs: number | null } {
  const range = query.one('date_range');
  if (range === 'all') return { sinceMs: null, untilMs: null };
  if (range !== undefined) throw invalidInput(`date_range must be all, got ${range}`);
  const since = query.time('since');
  const until = query.time('until');
  const sinceMs = since ?? addMonths(until ?? nowMs, -1);
  const endMs = until ?? nowMs;
  if (endMs < sinceMs || endMs > addMonths(sinceMs, maxMonths)) {
    const rule = `since must come before until, by ${maxMonths} months at most`;
    throw new AccountError(400, 2005, 'Invalid Query Date Range', [rule]);
  }
  return { sinceMs, untilMs: until ?? null };
}

function readSort(text: string | undefined): { field: SortField; descending: boolean }[] {
  if (text === undefined || text === '') return [];
  const parts = text.split(',');
  if (parts.length > 2) throw invalidInput('sort_by takes at most two fields');
  return parts.map((part) => {
    const [name, direction = 'asc'] = part.split(':');
    const field = sortFields.find((one) => one === name);
    if (field === undefined || (direction !== 'asc' && direction !== 'desc')) {
      throw invalidInput(`sort_by must be ${sortFields.join(', ')} with :asc or :desc, got ${part}`);
    }
    return { field, descending: direction === 'desc' };
  });
}

function addMonths(atMs: number, months: number): number {
  const date = new Date(atMs);
  date.setUTCMonth(date.getUTCMonth() + months);
  return date.getTime();
}
