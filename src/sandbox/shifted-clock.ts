import type { Clock } from '../clock/clock.js';

/** What the sandbox needs of a clock. */
export type SandboxClock = Pick<Clock, 'now' | 'sleep'>;

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
