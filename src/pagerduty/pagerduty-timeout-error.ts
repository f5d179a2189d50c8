import { ServiceError } from '../errors/service-error.js';

/** PagerDuty gave no whole answer in time. Whether it acted on the request is unknown. */
export class PagerDutyTimeoutError extends ServiceError {
  constructor(deadlineMs: number) {
    super({
      code: 'pagerduty_timeout',
      statusCode: 504,
      message: `PagerDuty did not answer within ${deadlineMs / 1000} seconds. Try again; if it keeps failing, see https://status.pagerduty.com.`,
    });
  }
}
