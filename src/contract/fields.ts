import Type from 'typebox';

/** What every input has: the name that designers show, and the sentence below it. */
export interface FieldTexts {
  readonly summary: string;
  readonly description: string;
}

/** The operations that list things for dropdowns, by their operationId. */
export type Lookup = 'ListIncidents' | 'ListUsers' | 'ListEscalationPolicies';

/** What fills the dropdown of an input: an operation, and which property of an item it lists is sent. */
export interface Dropdown {
  readonly lookup: Lookup;
  readonly value: string;
}

/**
 * One PagerDuty identifier: any text that can be one segment of a path. Whether PagerDuty knows it is PagerDuty's
 * to say, since identifiers have changed their form before. The `description` says what the chosen thing is for.
 */
export function idField(texts: FieldTexts & { readonly lookup: Lookup }) {
  return Type.String({
    'x-ms-summary': texts.summary,
    description: `${texts.description} Choose one from the list, or enter an id.`,
    minLength: 1,
    maxLength: 255,
    // Visible somewhere, no control characters, no half surrogates, and not a step up or down the path.
    pattern: '^(?!\\.{1,2}$)(?=.*\\S)[^\\p{Cc}\\p{Cs}]+$',
    expected: 'an id of 1 to 255 characters, without control characters',
    dropdown: { lookup: texts.lookup, value: 'id' } satisfies Dropdown,
  });
}

/** A text that must say something. */
export function textField(texts: FieldTexts & { readonly maxLength: number; readonly dropdown?: Dropdown }) {
  return Type.String({
    'x-ms-summary': texts.summary,
    description: texts.description,
    minLength: 1,
    maxLength: texts.maxLength,
    pattern: '\\S',
    expected: `a text of 1 to ${texts.maxLength} characters that is not blank`,
    ...(texts.dropdown === undefined ? {} : { dropdown: texts.dropdown }),
  });
}

/** The optional filter of a lookup. */
export function queryField(texts: { readonly description: string }) {
  return Type.Optional(
    Type.String({
      'x-ms-summary': 'Query',
      description: texts.description,
      maxLength: 255,
      expected: 'a text of at most 255 characters',
    }),
  );
}

/** A secret with a fixed length. What came is never repeated, only its length. */
export function secretField(texts: FieldTexts & { readonly length: number; readonly expected: string }) {
  return Type.String({
    'x-ms-summary': texts.summary,
    description: texts.description,
    minLength: texts.length,
    maxLength: texts.length,
    pattern: '^[A-Za-z0-9_+-]+$',
    expected: texts.expected,
  });
}

/** A whole number. */
export function integerField(texts: FieldTexts & { readonly minimum: number; readonly maximum: number }) {
  return Type.Integer({
    'x-ms-summary': texts.summary,
    description: texts.description,
    format: 'int32',
    minimum: texts.minimum,
    maximum: texts.maximum,
    expected: `a whole number from ${texts.minimum} to ${texts.maximum}`,
  });
}
