import { LRUCache } from 'lru-cache';
import type { Clock } from './clock.js';

/**
 * A bounded cache that forgets what is older than `ttlMs`, to the millisecond, by the given clock.
 * @param options `max` bounds the number of entries; `maxSize` with `sizeCalculation` bounds their sizes, and reserves
 * no memory ahead
 */
export function ttlCache<V extends object | string, Context = unknown>(
  clock: Clock,
  options: { readonly ttlMs: number } & Omit<
    LRUCache.OptionsBase<string, V, Context>,
    'ttl' | 'ttlResolution' | 'perf'
  >,
): LRUCache<string, V, Context> {
  const { ttlMs, ...others } = options;
  return new LRUCache({
    ...others,
    ttl: ttlMs,
    ttlResolution: 0,
    ttlAutopurge: false,
    perf: { now: () => clock.now() },
  });
}
