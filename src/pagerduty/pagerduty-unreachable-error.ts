import { ServiceError } from '../errors/service-error.js';

/** The connection to PagerDuty could not be made, or broke before the answer was complete. */
export class PagerDutyUnreachableError extends ServiceError {
  /** True where the request certainly never left, so that it had no effect. */
  readonly notSent: boolean;

  constructor(cause: unknown, notSent: boolean) {
    super({
      code: 'pagerduty_unreachable',
      statusCode: 502,
      message: notSent
        ? 'PagerDuty could not be reached. Check the network of this service and its PAGERDUTY_API_URL and PAGERDUTY_EVENTS_URL.'
        : 'The connection to PagerDuty broke before its answer was complete. Try again.',
      cause,
    });
    this.notSent = notSent;
  }
}
