import { invalidInput } from '../account/account-error.js';
import type { QueryText } from '../http/query-text.js';

const defaultLimit = 25;
const maxLimit = 100;
const maxReach = 10_000;

export interface Paging {
  readonly offset: number;
  readonly limit: number;
  readonly count: boolean;
}

/**
 * `limit` and `offset` as classic pagination has them, https://developer.pagerduty.com/docs/pagination: a limit above
 * 100 counts as 100 (the answer's own `limit` tells), and nothing lies beyond the first 10,000.
 */
export function readPaging(query: QueryText): Paging {
  const limit = Math.min(maxLimit, query.integer('limit', defaultLimit, 1));
  const offset = query.integer('offset', 0, 0);
  if (offset + limit > maxReach) {
    throw invalidInput(`The sum of offset and limit must not exceed ${maxReach}, got ${offset} + ${limit}`);
  }
  return { offset, limit, count: query.isTrue('total') };
}

/** The fields that go around one page of a listing. */
export function pageFields(paging: Paging, more: boolean, total: number | null) {
  return { limit: paging.limit, offset: paging.offset, more, total };
}

/** Cuts a page out of a list that is at hand. */
export function pageOf<T>(query: QueryText, items: readonly T[]) {
  const paging = readPaging(query);
  const end = paging.offset + paging.limit;
  const total = paging.count ? items.length : null;
  return { items: items.slice(paging.offset, end), fields: pageFields(paging, items.length > end, total) };
}
