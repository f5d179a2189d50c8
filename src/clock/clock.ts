import { LRUCache } from 'lru-cache';

/**
 * The only source of time. Everything that waits or measures takes one of these, so that a test moves a clock
 * instead of sleeping.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch. It may be wrong, and jump: compare it with times that others wrote, no more. */
  now(): number;
  /**
   * Milliseconds since some moment, with fractions. It never goes back or jumps: for every duration. Processes agree on
   * the moment until the machine starts anew.
   */
  monotonic(): number;
  /** Calls `run` once after `durationMs`; the function returned calls it off. */
  after(durationMs: number, run: () => void): () => void;
  /** Resolves after `durationMs`; rejects with the signal's reason as soon as `signal` aborts. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's clock. Waiting alone does not keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => Number(process.hrtime.bigint()) / 1e6,
  after(durationMs, run) {
    const timer = setTimeout(run, durationMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
  sleep: (durationMs, signal) => sleepWith(systemClock, durationMs, signal),
};

/** `sleep` in terms of `after`, for every clock alike. */
export function sleepWith(clock: Pick<Clock, 'after'>, durationMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = clock.after(durationMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** A moment by two clocks, to be written down. */
export interface WrittenMoment {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

/**
 * How long ago something was written down, at least; undefined if nobody can tell. The wall clock may have been set, and
 * the monotonic one begins anew when the machine does: what says that less than nothing has passed is not believed, and
 * of the rest the smaller.
 */
export function elapsedSince(
  { wallMs, monotonicMs }: WrittenMoment,
  clock: Pick<Clock, 'now' | 'monotonic'>,
): number | undefined {
  const readings = [clock.now() - wallMs, clock.monotonic() - monotonicMs].filter((ms) => ms >= 0);
  return readings.length === 0 ? undefined : Math.min(...readings);
}

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
    perf: { now: () => clock.monotonic() },
  });
}
