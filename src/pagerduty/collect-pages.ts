/** A page of a classic PagerDuty listing. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly more: boolean;
}

/** All that a listing gave, each item once. */
export interface Collected<T> {
  readonly items: readonly T[];
  /** False where the listing had more than `mostItems`, or than PagerDuty lets anyone page to. */
  readonly complete: boolean;
}

/** PagerDuty answers 400 beyond this offset + limit: https://developer.pagerduty.com/docs/pagination */
const pagingCeiling = 10_000;

/**
 * Reads a listing to its end. It goes on by what was received, not by what was asked for, and keeps the first of
 * items that are listed twice while the listing shifts under the reader.
 */
export async function collectPages<T extends { readonly id: string }>(options: {
  readonly fetch: (offset: number, limit: number) => Promise<Page<T>>;
  readonly pageSize?: number;
  readonly mostItems?: number;
}): Promise<Collected<T>> {
  const pageSize = options.pageSize ?? 100;
  const mostItems = Math.min(options.mostItems ?? pagingCeiling, pagingCeiling);
  const byId = new Map<string, T>();
  for (let offset = 0; ; ) {
    const limit = Math.min(pageSize, mostItems - offset);
    if (limit <= 0) return { items: [...byId.values()], complete: false };
    const page = await options.fetch(offset, limit);
    for (const item of page.items) if (!byId.has(item.id)) byId.set(item.id, item);
    offset += page.items.length;
    if (!page.more || page.items.length === 0) return { items: [...byId.values()], complete: true };
  }
}
