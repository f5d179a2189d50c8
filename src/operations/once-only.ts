import { ServiceError } from '../errors/service-error.js';
import { PagerDutyInvalidResponseError } from '../pagerduty/pagerduty-invalid-response-error.js';
import { PagerDutyResponseError } from '../pagerduty/pagerduty-response-error.js';
import { PagerDutyTimeoutError } from '../pagerduty/pagerduty-timeout-error.js';
import { PagerDutyUnreachableError } from '../pagerduty/pagerduty-unreachable-error.js';

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
      message: `${error.message} It may have been carried out all the same, and this service does not send it a second time. ${look} before you call again.`,
      details: { ...error.details, mayHaveBeenDone: true },
      cause: error,
    });
  }
}

/** Whether PagerDuty may have acted on the call although it did not say so. */
function leavesOpen(error: ServiceError): boolean {
  if (error instanceof PagerDutyUnreachableError) return !error.notSent;
  if (error instanceof PagerDutyResponseError) return error.status === 408 || error.status >= 500;
  return error instanceof PagerDutyTimeoutError || error instanceof PagerDutyInvalidResponseError;
}
