import { maxPagedItems, type Page } from '../pagerduty/listing.js';
import type { LogEntry } from '../pagerduty/models.js';
import { startOfSecond } from './events.js';
import { FoundEntries, type Slice, type SliceRead } from './found-entries.js';

/** Asks PagerDuty for one page. Times in milliseconds; the page is as long as the caller thinks right. */
export type ReadPage = (query: {
  readonly fromMs: number | undefined;
  readonly untilMs: number | undefined;
  readonly offset: number;
  readonly withTotal: boolean;
  /** PagerDuty answers 400 beyond this many from the offset. */
  readonly maxItems: number;
}) => Promise<{ readonly page: Page<LogEntry>; readonly asked: number }>;

/** A slice of more entries is too long: what is held in memory, and repeated after a failure, is bounded by it. */
const maxEntries = 500;
/** So many readings in a row that show nothing new end the reading of a listing in which PagerDuty counts more. */
const maxVainReadings = 10;
const maxReadings = 50;
/** A second that costs so many calls is not read more than twice in vain. */
const maxCallsInVain = 100;
const maxEmptyPages = 3;

/**
 * Reads a slice to its end, by time rather than by offset: each page after the first asks for what is not later than the
 * oldest of the one before. So a listing may grow, shift and order what happened in one second as it likes: no page
 * depends on the one before. A second that fills a page is read by offsets, until PagerDuty's count of it is reached.
 * @param options.takesPart true if what was read is of use although it is not the whole slice: no more is read then
 */
export async function readSlice(
  slice: Slice,
  readPage: ReadPage,
  { takesPart = false }: { readonly takesPart?: boolean } = {},
): Promise<SliceRead> {
  const { fromMs = Number.NEGATIVE_INFINITY } = slice;
  const found = new FoundEntries(fromMs);
  let untilMs = slice.untilMs;
  /** Entries of ordinary pages: a second that is read as a whole, however full, is not read in vain. */
  let held = 0;
  for (let pages = 1; ; pages += 1) {
    const { page } = await readPage({
      fromMs: slice.fromMs,
      untilMs,
      offset: 0,
      withTotal: false,
      maxItems: maxPagedItems,
    });
    const before = found.size;
    const times = found.add(page);
    held += found.size - before;
    if (!page.more) return found.whole(fromMs, pages);
    const secondMs = startOfSecond(Math.min(...times));
    const endMs = secondMs + 999;
    // Nothing that was asked for by time comes nearer, if PagerDuty gives what is later than that.
    const isLater = untilMs !== undefined && secondMs > untilMs;
    const isOdd = times.length === 0 || isLater || !isDescending(times);
    if (isOdd || (pages === 1 && (await hasLater(slice, endMs, times, readPage))))
      return found.offsets(await readByOffset(slice, readPage, found), slice, pages);
    if (untilMs === undefined || endMs < untilMs) {
      untilMs = endMs;
    } else {
      // The page lies in one second, and so would the next one.
      const second = { fromMs: secondMs, untilMs: endMs };
      if (!(await readByOffset(second, readPage, found)).isWhole) found.crowdedSecondsMs.push(secondMs);
      if (secondMs <= fromMs) return found.whole(fromMs, pages);
      untilMs = secondMs - 1;
    }
    if ((takesPart ? found.size : held) >= maxEntries) return found.part(untilMs + 1, pages);
  }
}

/** A first page of one second says nothing of the order. Newest first, nothing is later than that second. */
async function hasLater(slice: Slice, endMs: number, times: readonly number[], readPage: ReadPage): Promise<boolean> {
  if (times.some((time) => time > endMs)) return false;
  const later = { fromMs: endMs + 1, untilMs: slice.untilMs, offset: 0, withTotal: false, maxItems: maxPagedItems };
  const { page } = await readPage(later);
  return page.received > 0 || page.more;
}

/** Reads a listing by offsets, again and again until nothing is missing: ties may come in another order each time. */
async function readByOffset(
  slice: Slice,
  readPage: ReadPage,
  found: FoundEntries,
): Promise<{ readonly isWhole: boolean }> {
  const ids = new Set<string>();
  const { fromMs, untilMs } = slice;
  // There is no shorter slice than that.
  const isSecond = fromMs !== undefined && untilMs !== undefined && untilMs - fromMs <= 1_000;
  let vain = 0;
  let calls = 0;
  for (let readings = 1; ; readings += 1) {
    const before = ids.size;
    let total: number | undefined;
    let setAside = 0;
    let emptyPages = 0;
    for (let offset = 0; ; ) {
      if (offset >= (isSecond ? maxPagedItems : maxEntries)) return { isWhole: false };
      const maxItems = maxPagedItems - offset;
      const { page, asked } = await readPage({ fromMs, untilMs, offset, withTotal: offset === 0, maxItems });
      calls += 1;
      found.add(page);
      for (const { id } of page.items) ids.add(id);
      setAside += page.setAside.length;
      total ??= page.total;
      emptyPages = page.received === 0 ? emptyPages + 1 : 0;
      if (!page.more || emptyPages > maxEmptyPages) break;
      // An empty page may have been filtered after it was cut: what is asked for next lies behind it.
      offset += page.received === 0 ? asked : page.received;
    }
    vain = ids.size === before ? vain + 1 : 0;
    if (total === undefined ? vain > 0 : ids.size + setAside >= total) return { isWhole: true };
    const isDear = vain >= 2 && calls > maxCallsInVain;
    if (isDear || vain >= maxVainReadings || readings >= maxReadings) return { isWhole: true };
  }
}

function isDescending(times: readonly number[]): boolean {
  return times.every((time, index) => index === 0 || time <= (times[index - 1] ?? time));
}
