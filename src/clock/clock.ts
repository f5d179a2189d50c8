import { setTimeout as delay } from 'node:timers/promises';

/**
 * The only source of time. Everything that waits or measures takes one of these, so that a test moves a clock
 * instead of sleeping.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Resolves after `durationMs`; rejects with the signal's reason as soon as `signal` aborts. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's clock. A sleep alone does not keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(durationMs, signal) {
    try {
      await delay(durationMs, undefined, { ref: false, ...(signal === undefined ? {} : { signal }) });
    } catch (error) {
      // timers/promises rejects with its own AbortError; callers want the reason that was given.
      throw signal?.aborted === true ? signal.reason : error;
    }
  },
};
