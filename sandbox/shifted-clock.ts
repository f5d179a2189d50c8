import { setTimeout as sleep } from 'node:timers/promises';

/** What the sandbox needs of a clock. */
export interface SandboxClock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Resolves after `durationMs`; rejects as soon as `signal` aborts. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's clock. Waiting alone does not keep the process alive. */
export const systemClock: SandboxClock = {
  now: () => Date.now(),
  sleep: (durationMs, signal) => sleep(durationMs, undefined, { ref: false, ...(signal && { signal }) }),
};

/** The injected clock plus an offset that only grows: the control API moves time without touching anyone else's. */
export class ShiftedClock implements SandboxClock {
  readonly #clock: SandboxClock;
  #offsetMs = 0;

  constructor(clock: SandboxClock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now() + this.#offsetMs;
  }

  sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    return this.#clock.sleep(durationMs, signal);
  }

  advance(durationMs: number): void {
    this.#offsetMs += Math.max(0, durationMs);
  }
}
