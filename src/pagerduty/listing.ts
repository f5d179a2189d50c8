import Type, { type Static, type TSchema } from 'typebox';
import type { Answer, PagerDutyClient, QueryValue } from './client.js';
import { nullable, reader } from './models.js';

/** A page of a classic PagerDuty listing: https://developer.pagerduty.com/docs/pagination */
export interface Page<T> {
  readonly items: readonly T[];
  readonly more: boolean;
}

/** Which page of a listing is wanted, and which items: a part of their name. */
export interface PageQuery {
  readonly offset: number;
  readonly limit: number;
  readonly query?: string | undefined;
}

/**
 * Makes a function that reads one page of a listing, with PagerDuty's own time beside it.
 * @param collection the property of the answer that holds the items: `escalation_policies`
 */
export function listing<S extends TSchema>(path: string, collection: string, item: S) {
  const what = `a list of ${collection.replaceAll('_', ' ')}`;
  const readItems = reader(what, Type.Object({ [collection]: Type.Array(item) }));
  const readMore = reader(what, Type.Object({ more: nullable(Type.Boolean()) }));
  const read = (body: unknown): Page<Static<S>> => ({
    items: readItems(body)[collection] ?? [],
    more: readMore(body).more === true,
  });
  return (client: PagerDutyClient, query: Readonly<Record<string, QueryValue>>): Promise<Answer<Page<Static<S>>>> =>
    client.callWithTime({ method: 'GET', path, query, idempotent: true, read });
}

/** All that a listing gave, each item once. */
export interface Collected<T> {
  readonly items: readonly T[];
  /** False if the listing had more than `maxItems`, or more than PagerDuty lets anyone page to. */
  readonly complete: boolean;
}

/** PagerDuty answers 400 beyond this offset + limit. */
const maxPagedItems = 10_000;

/**
 * Reads a listing to its end. The offset follows what was received, not what was requested. If the listing shifts
 * under the reader, so that an item is listed twice, the first one counts.
 */
export async function collectPages<T extends { readonly id: string }>(options: {
  readonly fetch: (offset: number, limit: number) => Promise<Page<T>>;
  readonly pageSize?: number;
  readonly maxItems?: number;
}): Promise<Collected<T>> {
  const pageSize = options.pageSize ?? 100;
  const maxItems = Math.min(options.maxItems ?? maxPagedItems, maxPagedItems);
  const byId = new Map<string, T>();
  for (let offset = 0; ; ) {
    const limit = Math.min(pageSize, maxItems - offset);
    if (limit <= 0) return { items: [...byId.values()], complete: false };
    const page = await options.fetch(offset, limit);
    for (const item of page.items) if (!byId.has(item.id)) byId.set(item.id, item);
    offset += page.items.length;
    if (!page.more || page.items.length === 0) return { items: [...byId.values()], complete: true };
  }
}
