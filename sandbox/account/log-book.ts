import type { LogEntry } from './records.js';

export interface LogQuery {
  readonly nowMs: number;
  readonly sinceMs?: number | undefined;
  readonly untilMs?: number | undefined;
  readonly offset: number;
  readonly limit: number;
  /** Leaves entries out; when absent, a page is cut out of the middle without looking at what lies before it. */
  readonly keep?: ((entry: LogEntry) => boolean) | undefined;
  readonly count: boolean;
}

export interface LogPage {
  readonly entries: readonly LogEntry[];
  readonly more: boolean;
  readonly total: number | null;
}

/** Log entries in the order of their time, which is the order in which they were written. */
export class LogBook {
  #entries: LogEntry[] = [];
  #byId = new Map<string, LogEntry>();
  /** From then on every entry written so far is listed. */
  #allListedFromMs = 0;

  get size(): number {
    return this.#entries.length;
  }

  clear(): void {
    this.#entries = [];
    this.#byId.clear();
    this.#allListedFromMs = 0;
  }

  add(entry: LogEntry): void {
    this.#entries.push(entry);
    this.#byId.set(entry.id, entry);
    this.#allListedFromMs = Math.max(this.#allListedFromMs, entry.listedFromMs);
  }

  get(id: string): LogEntry | undefined {
    return this.#byId.get(id);
  }

  page(query: LogQuery): LogPage {
    return pageOf(this.#entries, query, query.nowMs < this.#allListedFromMs);
  }

  /** The same for the entries of one incident. */
  pageWithin(entries: readonly LogEntry[], query: LogQuery): LogPage {
    return pageOf(entries, query, true);
  }
}

/** Newest first, as PagerDuty lists them. */
function pageOf(entries: readonly LogEntry[], query: LogQuery, mayHide: boolean): LogPage {
  const from = query.sinceMs === undefined ? 0 : firstIndexFrom(entries, query.sinceMs);
  const to = query.untilMs === undefined ? entries.length : firstIndexFrom(entries, query.untilMs);
  const { keep } = query;
  if (keep === undefined && !mayHide) {
    const matching = Math.max(0, to - from);
    const end = Math.max(from, to - query.offset);
    const start = Math.max(from, end - query.limit);
    return {
      entries: entries.slice(start, end).reverse(),
      more: start > from,
      total: query.count ? matching : null,
    };
  }
  const page: LogEntry[] = [];
  let matching = 0;
  for (let index = to - 1; index >= from; index -= 1) {
    const entry = entries[index];
    if (entry === undefined || entry.listedFromMs > query.nowMs || (keep !== undefined && !keep(entry))) continue;
    matching += 1;
    if (matching > query.offset && page.length < query.limit) page.push(entry);
    if (!query.count && matching > query.offset + query.limit) break;
  }
  return {
    entries: page,
    more: matching > query.offset + query.limit,
    total: query.count ? matching : null,
  };
}

function firstIndexFrom(entries: readonly LogEntry[], atMs: number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const entry = entries[middle];
    if (entry !== undefined && entry.atMs < atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
