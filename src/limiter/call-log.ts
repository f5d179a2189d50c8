import type { Clock } from '../clock/clock.js';
import type { CallAllowance, CallLimit } from './call-limiter.js';

/**
 * The calls that this process handed out and that are still in their window: a sliding log, exact in any window. Its
 * time is monotonic, so no call leaves its window early or late when somebody sets the wall clock.
 */
export class CallLog {
  readonly #limit: CallLimit;
  readonly #clock: Pick<Clock, 'monotonic'>;
  /** When each call leaves its window, oldest first. */
  readonly #endsMs: number[] = [];

  /** @throws {RangeError} if the limit is impossible */
  constructor(limit: CallLimit, clock: Pick<Clock, 'monotonic'>) {
    const { calls, windowMs } = limit;
    if (!Number.isSafeInteger(calls) || calls < 1 || !(windowMs > 0)) {
      throw new RangeError(
        `expected calls to be a whole number from 1 and windowMs above 0, got ${calls} and ${windowMs}`,
      );
    }
    this.#limit = limit;
    this.#clock = clock;
  }

  /** Records calls that are handed out now. */
  add(calls: number): void {
    const endMs = this.#clock.monotonic() + this.#limit.windowMs;
    for (let call = 0; call < calls; call++) this.#endsMs.push(endMs);
  }

  /** What is left of the limit now. */
  allowance(): CallAllowance {
    const nowMs = this.#clock.monotonic();
    while ((this.#endsMs[0] ?? Number.POSITIVE_INFINITY) <= nowMs) this.#endsMs.shift();
    const { calls: limit } = this.#limit;
    return { limit, remaining: limit - this.#endsMs.length, resetMs: (this.#endsMs[0] ?? nowMs) - nowMs };
  }
}
