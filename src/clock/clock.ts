/**
 * The only source of time. Everything that waits or measures takes one of these, so that a test moves a clock
 * instead of sleeping.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Calls `run` once after `durationMs`; the function returned calls it off. */
  after(durationMs: number, run: () => void): () => void;
  /** Resolves after `durationMs`; rejects with the signal's reason as soon as `signal` aborts. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's clock. Waiting alone does not keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(durationMs, run) {
    const timer = setTimeout(run, durationMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
  sleep: (durationMs, signal) => sleepWith(systemClock, durationMs, signal),
};

/** Milliseconds since some moment, which never go back: for measuring how long something took, and for nothing else. */
export function monotonicMs(): number {
  return performance.now();
}

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
