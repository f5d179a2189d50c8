import { ServiceError } from '../errors/service-error.js';

const retryAfterMs = 5_000;

/** The event store could not be read or written. Nothing is lost: hosts come back with the state they have. */
export class StoreUnavailableError extends ServiceError {
  constructor(cause: unknown) {
    super({
      code: 'store_unavailable',
      statusCode: 503,
      message: 'The event store of this service does not answer. Nothing is lost: poll again after Retry-After.',
      retryAfterMs,
      cause,
    });
  }
}
