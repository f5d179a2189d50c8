import { ServiceError } from '../errors/service-error.js';

/** At most `calls` calls, at least 1, in any half-open window of `windowMs` milliseconds, whenever the window begins. */
export interface CallLimit {
  readonly calls: number;
  readonly windowMs: number;
}

/** What is left of a limit at one instant. */
export interface CallAllowance {
  /** The calls that a window has room for. */
  readonly limit: number;
  /** How many more calls would be granted now. */
  readonly remaining: number;
  /** Until the oldest call leaves its window and `remaining` grows by at least one; 0 if no call is in its window. */
  readonly resetMs: number;
}

/** The answer to one call. */
export type CallDecision =
  | ({ readonly granted: true } & CallAllowance)
  | {
      readonly granted: false;
      readonly limit: number;
      readonly remaining: 0;
      /** A call made this much later is granted and one made sooner is refused, unless other calls come first. */
      readonly retryAfterMs: number;
    };

/** One connection's share of PagerDuty, whether one process enforces it or several together. */
export interface CallLimiter {
  /**
   * Asks for one call. A granted call may be sent as soon as the promise resolves; its window begins then. A refusal is
   * an answer, not an error.
   *
   * Rejects with `call_limiter_closed` after `close()`, and with `call_limiter_failed` if the limiter gets no answer.
   * A call that failed may count as made.
   */
  take(): Promise<CallDecision>;
  /** What a call would find now. Takes nothing. */
  status(): CallAllowance;
  /** Ends the limiter once it has answered the calls that wait. It forgets the calls that it granted. */
  close(): Promise<void>;
}

/** The answer to a call for which `allowance` has no room. */
export function refusal({ limit, resetMs }: CallAllowance): CallDecision {
  return { granted: false, limit, remaining: 0, retryAfterMs: resetMs };
}

/** For a call that comes after its limiter's `close()`. */
export function limiterClosed(): ServiceError {
  return new ServiceError({
    code: 'call_limiter_closed',
    statusCode: 503,
    message: 'expected an open connection, but this one is being shut down; try again',
  });
}

/** For a call that a limiter can neither grant nor refuse. */
export function limiterFailed(options: {
  readonly message: string;
  readonly retryAfterMs?: number;
  readonly cause: unknown;
}): ServiceError {
  return new ServiceError({ code: 'call_limiter_failed', statusCode: 503, ...options });
}
