import { ServiceError } from '../errors/service-error.js';

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
