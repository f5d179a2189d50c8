import type { LRUCache } from 'lru-cache';
import { type Clock, ttlCache } from '../clock/clock.js';

/** What all lists together may take in memory. */
const maxBytes = 64 * 1024 * 1024;

/** Reads a list, and gives it as JSON. */
export type ReadListing = () => Promise<Buffer>;

/** The lists behind dropdowns, of all connections: kept for some seconds, and bounded by their bytes. */
export class Listings {
  readonly #kept: LRUCache<string, Buffer, ReadListing>;

  constructor(clock: Clock) {
    this.#kept = ttlCache(clock, {
      maxSize: maxBytes,
      sizeCalculation: ({ byteLength }) => Math.max(1, byteLength),
      // A designer asks again each time a dropdown is opened: so a new item shows within 15 seconds.
      ttlMs: 15_000,
      fetchMethod: (_name, _stale, { context }) => context(),
      // A list that newer ones push out while it is read is still given to those who wait for it.
      ignoreFetchAbort: true,
    });
  }

  /** How many bytes are kept. */
  get bytes(): number {
    return this.#kept.calculatedSize;
  }

  /**
   * The list that is kept, or the one that `read` gives now. Callers who ask for the same list meanwhile wait for the same
   * reading. If it fails, all of them get the error, and nothing is kept.
   * @param name which list it is; equal names mean equal lists
   */
  of(name: string, read: ReadListing): Promise<Buffer> {
    return this.#kept.forceFetch(name, { context: read });
  }

  /** Frees what is too old. To be called regularly. */
  sweep(): void {
    this.#kept.purgeStale();
  }

  clear(): void {
    this.#kept.clear();
  }
}
