import { ServiceError } from '../errors/service-error.js';

/** Another replica has taken the first poll of a connection, and there is no log yet in which a host could stand. */
export class FirstPollElsewhereError extends ServiceError {
  constructor(retryAfterMs: number) {
    super({
      code: 'trigger_not_ready',
      statusCode: 503,
      message:
        'The first poll of PagerDuty for this connection has not ended yet, so the trigger could not be registered. Poll again after Retry-After.',
      retryAfterMs,
    });
  }
}
