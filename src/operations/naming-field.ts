import { UnknownReferenceError } from '../connection/unknown-reference-error.js';
import { PagerDutyResponseError } from '../pagerduty/pagerduty-response-error.js';

/** An input that names something PagerDuty may not know, and the code with which PagerDuty says so. */
export interface NamedReference {
  readonly code: number;
  /** Wire name of the input. */
  readonly field: string;
  /** The name that designers show. */
  readonly label: string;
  /** What it names: "user". */
  readonly thing: string;
}

/**
 * Runs a call, and turns PagerDuty's "not found" about one of its inputs into a 404 that names the input.
 * @throws {UnknownReferenceError}
 */
export async function namingField<T>(reference: NamedReference, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof PagerDutyResponseError && error.pagerDutyCode === reference.code) {
      throw new UnknownReferenceError(reference, error);
    }
    throw error;
  }
}
