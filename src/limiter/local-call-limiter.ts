import type { Clock } from '../clock/clock.js';
import {
  type CallAllowance,
  type CallDecision,
  type CallLimit,
  type CallLimiter,
  limiterClosed,
  refusal,
} from './call-limiter.js';
import { CallLog } from './call-log.js';
import { CallSlots } from './call-slots.js';

/**
 * The limiter for a process that has its connections to itself.
 *
 * Bottleneck holds the connection's slots, and the log decides about each call, in the instant in which it is handed
 * out. So the log has the times that count, and every `retryAfterMs` follows from it.
 *
 * Only calls that come while Bottleneck is being asked wait for it, about 4 ms: those of a connection that is new, or
 * was unused for a window or two. They are all decided in one go, in their order.
 */
export class LocalCallLimiter implements CallLimiter {
  /** For whoever writes down what it says, and tells it of calls before the first of its own. */
  readonly log: CallLog;
  readonly #slots: CallSlots;
  #closed: Promise<void> | undefined;

  /** @throws {RangeError} if the limit is impossible */
  constructor({ limit, clock }: { readonly limit: CallLimit; readonly clock: Clock }) {
    this.log = new CallLog(limit, clock);
    this.#slots = new CallSlots(limit, clock);
  }

  take(): Promise<CallDecision> {
    if (this.#closed !== undefined) return Promise.reject(limiterClosed());
    const opening = this.#slots.hold();
    return opening === undefined ? Promise.resolve(this.#decide()) : opening.then(() => this.#decide());
  }

  status(): CallAllowance {
    return this.log.allowance();
  }

  close(): Promise<void> {
    this.#closed ??= this.#slots.release();
    return this.#closed;
  }

  #decide(): CallDecision {
    const allowance = this.log.allowance();
    if (allowance.remaining === 0) return refusal(allowance);
    this.log.add(1);
    return { granted: true, ...this.log.allowance() };
  }
}
