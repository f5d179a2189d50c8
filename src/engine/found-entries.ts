import type { Page } from '../pagerduty/listing.js';
import type { LogEntry } from '../pagerduty/models.js';
import { timeOf } from './events.js';

/** A part of the past, by PagerDuty's clock. */
export interface Slice {
  /** Undefined: as far back as the slice may reach. */
  readonly fromMs: number | undefined;
  /** Undefined: up to the present. */
  readonly untilMs?: number | undefined;
}

/** An entry, and when it was written; if it does not say, the time of its neighbour in PagerDuty's order. */
export interface TimedEntry {
  readonly entry: LogEntry;
  readonly atMs: number;
}

/** What was read of a slice. */
export interface SliceRead {
  /** In PagerDuty's order, which is newest first as a rule. */
  readonly entries: readonly TimedEntry[];
  /** False if there is more than one slice may hold: it is to be read again as shorter ones. */
  readonly isWhole: boolean;
  /** The slice was read from here on to its end; by offsets, and not whole, about from here on. */
  readonly readFromMs: number;
  readonly newestMs: number | undefined;
  readonly pages: number;
  /** Seconds with more entries than PagerDuty lists in any way. */
  readonly crowdedSecondsMs: readonly number[];
}

/** What has been read of a slice so far, each entry once. */
export class FoundEntries {
  readonly crowdedSecondsMs: number[] = [];
  readonly #byId = new Map<string, TimedEntry>();
  readonly #fromMs: number;
  #newestMs: number | undefined;

  constructor(fromMs: number) {
    this.#fromMs = fromMs;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** Takes in a page; gives the times of its entries, as far as they can be read. */
  add(page: Page<LogEntry>): readonly number[] {
    const times = page.items.map(({ created_at }) => timeOf(created_at));
    const known = times.filter((time) => time !== undefined);
    for (const [index, entry] of page.items.entries()) {
      if (this.#byId.has(entry.id)) continue;
      // A page that says no time at all tells no more than from when on it was asked for.
      this.#byId.set(entry.id, { entry, atMs: times[index] ?? nearest(times, index) ?? Math.max(0, this.#fromMs) });
    }
    if (known.length > 0) this.#newestMs = Math.max(this.#newestMs ?? 0, ...known);
    return known;
  }

  whole(fromMs: number, pages: number): SliceRead {
    return this.#read(true, fromMs, pages);
  }

  part(readFromMs: number, pages: number): SliceRead {
    return this.#read(false, readFromMs, pages);
  }

  /** After a reading by offsets of the whole slice. */
  offsets({ isWhole }: { readonly isWhole: boolean }, { fromMs, untilMs }: Slice, pages: number): SliceRead {
    if (isWhole) return this.whole(this.#fromMs, pages);
    const endMs = untilMs ?? this.#newestMs ?? this.#fromMs;
    return this.part(fromMs === undefined ? endMs : (fromMs + endMs) / 2, pages);
  }

  #read(isWhole: boolean, readFromMs: number, pages: number): SliceRead {
    return {
      entries: [...this.#byId.values()],
      isWhole,
      readFromMs,
      newestMs: this.#newestMs,
      pages,
      crowdedSecondsMs: this.crowdedSecondsMs,
    };
  }
}

function nearest(times: readonly (number | undefined)[], index: number): number | undefined {
  return (
    times.slice(0, index).findLast((time) => time !== undefined) ??
    times.slice(index).find((time) => time !== undefined)
  );
}
