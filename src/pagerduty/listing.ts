import type { Answer, PagerDutyClient, QueryValue } from './client.js';
import { AnswerTooLargeError } from './errors.js';
import { manyRecords, type OddFieldReport, type Records } from './read-body.js';
import type { OddField, RecordReader } from './record-reader.js';

/** A page of a classic PagerDuty listing: https://developer.pagerduty.com/docs/pagination */
export interface Page<T> extends Records<T> {
  /** Whether the listing goes on. If PagerDuty does not say, a full page is followed by another. */
  readonly more: boolean;
  /** How many items the listing has, if the query asked for it with `total`. */
  readonly total: number | undefined;
}

/** Which page of a listing is wanted, and which items: a part of their name. */
export interface PageQuery {
  readonly offset: number;
  readonly limit: number;
  readonly query?: string | undefined;
}

/** So many items are on a page if the query does not say how many. */
const defaultLimit = 25;

/**
 * Makes a function that reads one page of a listing, with PagerDuty's own time beside it.
 * @param collection the property of the answer that holds the items: `escalation_policies`
 */
export function listing<T>(path: string, collection: string, record: RecordReader<T>) {
  const readRecords = manyRecords(collection, record);
  return (client: PagerDutyClient, query: Readonly<Record<string, QueryValue>>): Promise<Answer<Page<T>>> => {
    const limit = typeof query.limit === 'number' ? query.limit : defaultLimit;
    const read = (body: unknown, report: OddFieldReport): Page<T> => {
      const records = readRecords(body, report);
      return { ...records, ...readEnvelope(body, records.received, limit) };
    };
    return client.callWithTime({ method: 'GET', path, query, idempotent: true, read });
  };
}

function readEnvelope(body: unknown, received: number, asked: number): Pick<Page<unknown>, 'more' | 'total'> {
  const { more, total, limit }: { more?: unknown; total?: unknown; limit?: unknown } = Object(body);
  // PagerDuty says which limit it kept: it may be less than what was asked for.
  const kept = typeof limit === 'number' && limit > 0 ? Math.min(limit, asked) : asked;
  return {
    more: typeof more === 'boolean' ? more : received >= kept,
    total: typeof total === 'number' && Number.isSafeInteger(total) && total >= 0 ? total : undefined,
  };
}

/** A page, and how it was got. */
export interface PageRead<P> {
  readonly page: P;
  /** How many items were asked for at last. */
  readonly asked: number;
  readonly calls: number;
}

/** Reads a page of at most `limit` items, or a shorter one if PagerDuty's answer would be too large. */
export async function readShortEnough<P>(limit: number, read: (limit: number) => Promise<P>): Promise<PageRead<P>> {
  for (let asked = limit, calls = 1; ; asked = Math.ceil(asked / 2), calls += 1) {
    try {
      return { page: await read(asked), asked, calls };
    } catch (error) {
      if (!(error instanceof AnswerTooLargeError) || asked <= 1) throw error;
    }
  }
}

/** All that a listing gave, each item once. */
export interface Collected<T> {
  readonly items: readonly T[];
  /** False if the listing had more than `maxItems`, or more than PagerDuty lets anyone page to. */
  readonly complete: boolean;
  /** What could not be read. The same one may be here twice, if the listing shifted under the reader. */
  readonly setAside: readonly OddField[];
}

/** PagerDuty answers 400 beyond this offset + limit. */
export const maxPagedItems = 10_000;

/** A listing that says so often, one page after the other, that it has more, and gives nothing, has no more. */
const maxEmptyPages = 3;

/**
 * Reads a listing to its end. The offset follows what was received, not what was requested: a page may be shorter than
 * asked for. One that is empty although the listing has more is passed over. If the listing shifts under the reader, so
 * that an item is listed twice, the first one counts.
 */
export async function collectPages<T extends { readonly id: string }>(options: {
  readonly fetch: (offset: number, limit: number) => Promise<Pick<Page<T>, 'items' | 'received' | 'setAside' | 'more'>>;
  readonly pageSize?: number;
  readonly maxItems?: number;
}): Promise<Collected<T>> {
  let pageSize = options.pageSize ?? 100;
  const maxItems = Math.min(options.maxItems ?? maxPagedItems, maxPagedItems);
  const byId = new Map<string, T>();
  const setAside: OddField[] = [];
  const collected = (complete: boolean) => ({ items: [...byId.values()], complete, setAside });
  let emptyPages = 0;
  for (let offset = 0; ; ) {
    const limit = Math.min(pageSize, maxItems - offset);
    if (limit <= 0) return collected(false);
    const { page, asked } = await readShortEnough(limit, (shorter) => options.fetch(offset, shorter));
    if (asked < limit) pageSize = asked;
    for (const item of page.items) if (!byId.has(item.id)) byId.set(item.id, item);
    for (const one of page.setAside) setAside.push(one);
    emptyPages = page.received === 0 ? emptyPages + 1 : 0;
    if (!page.more || emptyPages === maxEmptyPages) return collected(true);
    offset += page.received === 0 ? asked : page.received;
  }
}
