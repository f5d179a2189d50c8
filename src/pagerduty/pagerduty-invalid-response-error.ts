import { ServiceError } from '../errors/service-error.js';

/** PagerDuty said that all went well, with a body that is not what its documentation promises. */
export class PagerDutyInvalidResponseError extends ServiceError {
  /** @param expected what the body should have been, and where it is not */
  constructor(expected: string, cause?: unknown) {
    super({
      code: 'pagerduty_invalid_response',
      statusCode: 502,
      message: `PagerDuty answered with a body that this service cannot read: expected ${expected}. Try again; if it keeps failing, a proxy between this service and PagerDuty may be changing its answers.`,
      ...(cause === undefined ? {} : { cause }),
    });
  }
}
