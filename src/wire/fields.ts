import Type, { type TSchema } from 'typebox';
import { integrationKeyForm } from '../pagerduty/integration-key.js';

const notBlank = 'a text that is not blank';

/** The texts of an input: the name that designers show, and the sentence below it. */
export interface FieldTexts {
  readonly summary: string;
  readonly description: string;
  /** Shown at once although it is optional. Default: designers hide what is optional. */
  readonly visibility?: 'important';
}

/**
 * The operations that list things for dropdowns, by their operationId: the property of the answer that holds the list,
 * and the property of an item that is shown.
 */
export const lookups = {
  ListIncidents: { collection: 'incidents', title: 'summary' },
  ListUsers: { collection: 'users', title: 'name' },
  ListEscalationPolicies: { collection: 'escalation_policies', title: 'summary' },
  ListServices: { collection: 'services', title: 'summary' },
  ListPriorities: { collection: 'priorities', title: 'summary' },
} as const;

/** The operationId of a lookup. */
export type Lookup = keyof typeof lookups;

/** A keyword of a schema, of those that typebox does not know. */
export function keyword(schema: TSchema, name: string): unknown {
  return new Map<string, unknown>(Object.entries(schema)).get(name);
}

/** The name that designers show for an input. */
export function labelOf(schema: TSchema): string {
  return String(keyword(schema, 'x-ms-summary'));
}

/** The keywords of a field's texts. */
export function keywordsOf({ summary, description, visibility }: FieldTexts) {
  return {
    'x-ms-summary': summary,
    description,
    ...(visibility === undefined ? {} : { 'x-ms-visibility': visibility }),
  };
}

/** What fills the dropdown of an input: a lookup, and the property of the chosen item that is sent. */
export interface Dropdown {
  readonly lookup: Lookup;
  readonly value: string;
}

/**
 * One PagerDuty identifier, or the number of an incident. Only PagerDuty can tell whether it is one: identifiers have changed
 * their length before, but never had more than letters and digits. They become segments of paths, so nothing that means
 * something in an address may be in them. The `description` says what the chosen thing is for.
 */
export function idField(texts: FieldTexts & { readonly lookup: Lookup }) {
  return Type.String({
    ...keywordsOf(texts),
    description: `${texts.description} Choose one from the list, or enter an id.`,
    minLength: 1,
    maxLength: 255,
    pattern: '^[\\w-]+$',
    expected: 'an id of 1 to 255 letters, digits, - and _',
    dropdown: { lookup: texts.lookup, value: 'id' } satisfies Dropdown,
  });
}

/** The incident that an operation or a trigger is about. @param which ends its description: "to acknowledge" */
export function incidentField(which: string) {
  return idField({ summary: 'Incident', description: `The incident ${which}.`, lookup: 'ListIncidents' });
}

/** The user on whose behalf an action is carried out. @param action what the user does: "acknowledges the incident" */
export function actingUserField(summary: string, action: string) {
  return idField({ summary, description: `The user who ${action}.`, lookup: 'ListUsers' });
}

/** A text that must say something. Without a `maxLength` only the size of the body bounds it. */
export function textField(texts: FieldTexts & { readonly maxLength?: number; readonly dropdown?: Dropdown }) {
  const { maxLength } = texts;
  return Type.String({
    ...keywordsOf(texts),
    minLength: 1,
    ...(maxLength === undefined ? {} : { maxLength }),
    pattern: '\\S',
    expected: maxLength === undefined ? notBlank : `a text of 1 to ${maxLength} characters that is not blank`,
    ...(texts.dropdown === undefined ? {} : { dropdown: texts.dropdown }),
  });
}

/** One of a few texts. `default` is what designers fill in, and what counts if nothing is given. */
export function choiceField<const C extends string>(
  texts: FieldTexts & { readonly choices: readonly C[]; readonly default?: NoInfer<C> },
) {
  return Type.Enum([...texts.choices], {
    type: 'string',
    ...keywordsOf(texts),
    ...(texts.default === undefined ? {} : { default: texts.default }),
    expected: `one of ${texts.choices.join(', ')}`,
  });
}

/** A point in time with its zone: PagerDuty takes ISO 8601, with or without a colon in the offset. */
export function timeField(texts: FieldTexts) {
  return Type.String({
    ...keywordsOf(texts),
    pattern: '^\\d{4}-\\d{2}-\\d{2}[Tt ]\\d{2}:\\d{2}(:\\d{2}([.,]\\d+)?)?([Zz]|[+-]\\d{2}:?\\d{2})$',
    expected: 'a time with its zone, such as 2026-01-05T09:00:00Z',
  });
}

/** An address, with its scheme: any, or `https` alone. */
export function urlField(texts: FieldTexts & { readonly scheme?: 'https' }) {
  return Type.String({
    ...keywordsOf(texts),
    pattern: texts.scheme === 'https' ? '^[Hh][Tt]{2}[Pp][Ss]://\\S+$' : '^[A-Za-z][A-Za-z\\d+.-]*:\\S+$',
    expected:
      texts.scheme === 'https'
        ? 'a URL that begins with https://'
        : 'a URL with its scheme, such as https://example.com/page',
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

/** An integration key, which is a secret: an error repeats its length, and never the key. */
export function integrationKeyField(texts: FieldTexts) {
  const { length, pattern } = integrationKeyForm;
  return Type.String({
    ...keywordsOf(texts),
    minLength: length,
    maxLength: length,
    pattern,
    expected: `an integration key of ${length} letters and digits`,
  });
}

/** A whole number. */
export function integerField(texts: FieldTexts & { readonly minimum: number; readonly maximum: number }) {
  return Type.Integer({
    ...keywordsOf(texts),
    format: 'int32',
    minimum: texts.minimum,
    maximum: texts.maximum,
    expected: `a whole number from ${texts.minimum} to ${texts.maximum}`,
  });
}
