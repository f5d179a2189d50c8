import { leavesOpen } from '../pagerduty/leaves-open.js';
import { PagerDutyResponseError } from '../pagerduty/pagerduty-response-error.js';
import { PagerDutyUnreachableError } from '../pagerduty/pagerduty-unreachable-error.js';

/**
 * Whether a change that failed may be sent again, once it is known not to have been made. PagerDuty's own wait is the
 * caller's to keep: it is passed on with the answer.
 */
export function isWorthASecondTry(error: unknown): boolean {
  if (error instanceof PagerDutyResponseError && error.retryAfterMs !== undefined) return false;
  return leavesOpen(error) || error instanceof PagerDutyUnreachableError;
}
