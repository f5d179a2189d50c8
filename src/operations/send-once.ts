import { ServiceError } from '../errors/service-error.js';
import {
  isAmbiguous,
  PagerDutyInvalidResponseError,
  PagerDutyResponseError,
  PagerDutyTimeoutError,
  PagerDutyUnreachableError,
} from '../pagerduty/errors.js';

/**
 * Makes a call that must not be sent twice. If its answer is lost, or says nothing, the error tells the caller that the
 * action may have been carried out, so that nobody repeats it blindly.
 * @param advice what the caller should do first: "Look at the notes of the incident"
 */
export async function sendOnce<T>(advice: string, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    throw withMayHaveBeenDone(error, advice);
  }
}

/** The error of a call, and if the call may have been carried out all the same, one that says so. */
export function withMayHaveBeenDone(error: unknown, advice: string): unknown {
  if (!(error instanceof ServiceError) || !isAmbiguous(error)) return error;
  return new ServiceError({
    code: error.code,
    statusCode: error instanceof PagerDutyTimeoutError ? 504 : 502,
    message: `${whatHappened(error)} The action may have been carried out all the same, so this service does not send it again. ${advice} before you call again.`,
    details: { ...error.details, mayHaveBeenDone: true },
    cause: error,
  });
}

function whatHappened(error: ServiceError): string {
  if (error instanceof PagerDutyTimeoutError) return 'PagerDuty did not answer in time.';
  if (error instanceof PagerDutyResponseError) return `PagerDuty answered ${error.pagerDutyStatus}.`;
  if (error instanceof PagerDutyInvalidResponseError) return 'PagerDuty gave an answer that cannot be read.';
  return 'The connection to PagerDuty broke before its answer was complete.';
}

/**
 * Whether a change that failed may be sent again, once it is known that it was not made. If PagerDuty named a wait, the
 * caller gets it with the error and has to keep it.
 */
export function isRetryable(error: unknown): boolean {
  if (error instanceof PagerDutyResponseError && error.retryAfterMs !== undefined) return false;
  return isAmbiguous(error) || error instanceof PagerDutyUnreachableError;
}
