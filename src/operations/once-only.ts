import { ServiceError } from '../errors/service-error.js';
import {
  leavesOpen,
  PagerDutyInvalidResponseError,
  PagerDutyResponseError,
  PagerDutyTimeoutError,
  PagerDutyUnreachableError,
} from '../pagerduty/errors.js';

/**
 * Runs a call that must not be sent twice. Where its answer is lost, or says nothing, the error tells the caller that
 * it may have been carried out, so that nobody repeats it blindly.
 * @param look what the caller should do first: "Look at the notes of the incident"
 */
export async function onceOnly<T>(look: string, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    if (!(error instanceof ServiceError) || !leavesOpen(error)) throw error;
    throw new ServiceError({
      code: error.code,
      statusCode: error instanceof PagerDutyTimeoutError ? 504 : 502,
      message: `${whatHappened(error)} The action may have been carried out all the same, so this service does not send it again. ${look} before you call again.`,
      details: { ...error.details, mayHaveBeenDone: true },
      cause: error,
    });
  }
}

function whatHappened(error: ServiceError): string {
  if (error instanceof PagerDutyTimeoutError) return 'PagerDuty did not answer in time.';
  if (error instanceof PagerDutyResponseError) return `PagerDuty answered ${error.status}.`;
  if (error instanceof PagerDutyInvalidResponseError) return 'PagerDuty gave an answer that cannot be read.';
  return 'The connection to PagerDuty broke before its answer was complete.';
}

/**
 * Whether a change that failed may be sent again, once it is known not to have been made. PagerDuty's own wait is the
 * caller's to keep: it is passed on with the answer.
 */
export function isWorthASecondTry(error: unknown): boolean {
  if (error instanceof PagerDutyResponseError && error.retryAfterMs !== undefined) return false;
  return leavesOpen(error) || error instanceof PagerDutyUnreachableError;
}
