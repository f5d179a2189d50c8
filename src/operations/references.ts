import { type ReferencedThing, UnknownReferenceError } from '../errors/service-error.js';
import { PagerDutyResponseError } from '../pagerduty/errors.js';

/** An input that names something PagerDuty may not know, and how PagerDuty says so: by a code, or in words. */
export interface NamedReference {
  readonly code: number;
  /** For a code that means other things too: what the error says. */
  readonly words?: RegExp;
  /** Wire name of the input. */
  readonly field: string;
  /** The name that designers show. */
  readonly label: string;
  /** What it names: "user". */
  readonly thing: ReferencedThing;
}

/**
 * Runs a call, and turns PagerDuty's "not found" about one of its inputs into a 404 that names the input.
 * @throws {UnknownReferenceError}
 */
export async function namingField<T>(references: readonly NamedReference[], call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const reference = references.find((one) => isAbout(one, error));
    throw reference === undefined ? error : new UnknownReferenceError(reference, error);
  }
}

function isAbout({ code, words }: NamedReference, error: unknown): boolean {
  if (!(error instanceof PagerDutyResponseError) || error.pagerDutyCode !== code) return false;
  return words === undefined || error.pagerDutyErrors.some((text) => words.test(text));
}
