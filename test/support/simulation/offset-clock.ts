import type { Clock } from '../../../src/clock/clock.js';
import type { ManualClock } from '../manual-clock.js';

/**
 * A clock of somebody's own: durations are true, and the time of day is wrong by as much as a test says. Behind it is
 * the one clock that all share, which tells the truth.
 */
export class OffsetClock implements Clock {
  /** How far the time of day is ahead of the truth, in milliseconds; negative: behind. */
  aheadMs = 0;
  readonly #truth: ManualClock;

  constructor(truth: ManualClock) {
    this.#truth = truth;
  }

  now(): number {
    return this.#truth.now() + this.aheadMs;
  }

  monotonic(): number {
    return this.#truth.monotonic();
  }

  after(durationMs: number, run: () => void): () => void {
    return this.#truth.after(durationMs, run);
  }

  sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    return this.#truth.sleep(durationMs, signal);
  }
}
