import { PagerDutyInvalidResponseError } from './pagerduty-invalid-response-error.js';
import { PagerDutyResponseError } from './pagerduty-response-error.js';
import { PagerDutyTimeoutError } from './pagerduty-timeout-error.js';
import { PagerDutyUnreachableError } from './pagerduty-unreachable-error.js';

/**
 * Whether PagerDuty may have acted on a call although it did not say so: its answer was lost, cannot be read, or tells
 * of a failure of its own.
 */
export function leavesOpen(error: unknown): boolean {
  if (error instanceof PagerDutyUnreachableError) return !error.notSent;
  if (error instanceof PagerDutyResponseError) return error.status === 408 || error.status >= 500;
  return error instanceof PagerDutyTimeoutError || error instanceof PagerDutyInvalidResponseError;
}
