import type { Clock } from '../clock/clock.js';
import type { CallAllowance, CallLimit } from './call-limiter.js';

/**
 * The calls that this process handed out and that are still in their window: a sliding log, exact in any window.
 *
 * The log's time never runs backwards. If the clock is set back, time stands still until the next look at it, and then
 * goes on: nobody waits longer than one window, and no call leaves its window early. If the clock is set forward, calls
 * leave early, because a clock set forward looks like time that has passed.
 */
export class CallLog {
  readonly #limit: CallLimit;
  readonly #clock: Pick<Clock, 'now'>;
  /** When each call leaves its window, oldest first. */
  readonly #endsMs: number[] = [];
  #latestMs = Number.NEGATIVE_INFINITY;
  /** By how much the clock has been set back so far. */
  #setBackMs = 0;

  /** @throws {RangeError} if the limit is impossible */
  constructor(limit: CallLimit, clock: Pick<Clock, 'now'>) {
    const { calls, windowMs } = limit;
    if (!Number.isSafeInteger(calls) || calls < 1 || !(windowMs > 0)) {
      throw new RangeError(
        `expected calls to be a whole number from 1 and windowMs above 0, got ${calls} and ${windowMs}`,
      );
    }
    this.#limit = limit;
    this.#clock = clock;
  }

  /** Milliseconds, ahead of the clock by as much as it has been set back. */
  now(): number {
    const nowMs = this.#clock.now() + this.#setBackMs;
    this.#setBackMs += Math.max(0, this.#latestMs - nowMs);
    this.#latestMs = Math.max(this.#latestMs, nowMs);
    return this.#latestMs;
  }

  /** Records calls that are handed out now. */
  add(calls: number): void {
    const endMs = this.now() + this.#limit.windowMs;
    for (let call = 0; call < calls; call++) this.#endsMs.push(endMs);
  }

  /** What is left of the limit now. */
  allowance(): CallAllowance {
    const nowMs = this.now();
    while ((this.#endsMs[0] ?? Number.POSITIVE_INFINITY) <= nowMs) this.#endsMs.shift();
    const { calls: limit } = this.#limit;
    return { limit, remaining: limit - this.#endsMs.length, resetMs: (this.#endsMs[0] ?? nowMs) - nowMs };
  }
}
