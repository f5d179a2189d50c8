import { PagerDutyInvalidResponseError } from './pagerduty-invalid-response-error.js';

/** Parses a success body. @throws {PagerDutyInvalidResponseError} where it is not JSON, or only a part of it. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new PagerDutyInvalidResponseError('JSON', error);
  }
}
