import type { Clock } from '../clock/clock.js';

/** A clock's time that never runs backwards: should the clock be set back, time stands still until the next look at it. */
export class ForwardTime {
  readonly #clock: Pick<Clock, 'now'>;
  #latestMs = Number.NEGATIVE_INFINITY;
  /** By how much the clock has been set back so far. */
  #setBackMs = 0;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** Milliseconds, ahead of the clock by as much as it has been set back. */
  now(): number {
    const nowMs = this.#clock.now() + this.#setBackMs;
    if (nowMs < this.#latestMs) {
      this.#setBackMs += this.#latestMs - nowMs;
      return this.#latestMs;
    }
    this.#latestMs = nowMs;
    return nowMs;
  }
}
