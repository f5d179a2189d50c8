import type { TSchema } from 'typebox';
import type { Connection } from '../connection/connection.js';
import { type ReferencedThing, UnknownReferenceError } from '../errors/service-error.js';
import { PagerDutyResponseError } from '../pagerduty/errors.js';
import { labelOf } from '../wire/fields.js';

/** An input that names something PagerDuty may not know, and how PagerDuty says so: by a code, or in words. */
export interface NamedReference<Field extends string> {
  readonly code: number;
  /** For a code that means other things too: what the error says. */
  readonly words?: RegExp;
  /** Wire name of the input. */
  readonly field: Field;
  /** What it names: "user". */
  readonly thing: ReferencedThing;
}

/**
 * The e-mail address of the acting user, whom the input `userId` names.
 * @throws {UnknownReferenceError} if PagerDuty has no such user
 */
export function actingEmail(
  connection: Connection,
  input: { readonly properties: { readonly userId: TSchema } },
  userId: string,
): Promise<string> {
  return connection.emailOf({ userId, field: 'userId', label: labelOf(input.properties.userId) });
}

/**
 * Makes a call, and turns PagerDuty's "not found" about one of its inputs into a 404 that names the input.
 * @throws {UnknownReferenceError}
 */
export async function namingField<Field extends string, T>(
  input: { readonly properties: Readonly<Record<Field, TSchema>> },
  references: readonly NamedReference<NoInfer<Field>>[],
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const reference = references.find((one) => isAbout(one, error));
    if (reference === undefined) throw error;
    const label = labelOf(input.properties[reference.field]);
    throw new UnknownReferenceError({ ...reference, label }, error);
  }
}

function isAbout({ code, words }: NamedReference<string>, error: unknown): boolean {
  if (!(error instanceof PagerDutyResponseError) || error.pagerDutyCode !== code) return false;
  return words === undefined || error.says(words);
}
