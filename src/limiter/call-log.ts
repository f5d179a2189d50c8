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
      throw new RangeError(`expected a whole number of calls and some windowMs, got ${calls} and ${windowMs}`);
    }
    this.#limit = limit;
    this.#clock = clock;
  }

  /** Records calls that are handed out now, or were `ageMs` ago, but none before one that is recorded. */
  add(calls: number, ageMs = 0): void {
    const endMs = this.#clock.monotonic() - ageMs + this.#limit.windowMs;
    for (let call = 0; call < calls; call++) this.#endsMs.push(endMs);
  }

  /** What is left of the limit now. */
  allowance(): CallAllowance {
    const nowMs = this.#clock.monotonic();
    while ((this.#endsMs[0] ?? Number.POSITIVE_INFINITY) <= nowMs) this.#endsMs.shift();
    const { calls: limit } = this.#limit;
    const remaining = Math.max(0, limit - this.#endsMs.length);
    // If the limit was lowered since, more than one call has to leave.
    const resetMs = (this.#endsMs[Math.max(0, this.#endsMs.length - limit)] ?? nowMs) - nowMs;
    return { limit, remaining, resetMs };
  }

  /** How long ago each call was handed out, oldest first. */
  agesMs(): readonly number[] {
    const nowMs = this.#clock.monotonic();
    return this.#endsMs.map((endMs) => nowMs - endMs + this.#limit.windowMs);
  }
}
