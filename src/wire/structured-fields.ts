import Type, { type TObject } from 'typebox';
import { type FieldTexts, keywordsOf } from './fields.js';

/** Free-form details: PagerDuty shows an object as a table, and a text as a text. */
export type Details = string | Readonly<Record<string, unknown>>;

/** Deeper nesting tells people nothing, and writing it as JSON would overflow the stack. */
const maxNesting = 50;

/** So many items a list may have. PagerDuty names no bound; an incident has at most 1,000 alerts to merge. */
const maxItems = 100;

/**
 * A list of objects. Properties of an item that `item` does not name stay as they are.
 * @param texts.things what it lists, for the error: "incidents"
 */
export function listField<I extends TObject>(
  texts: FieldTexts & { readonly item: I; readonly things: string; readonly minItems?: number },
) {
  const { item, things, minItems = 0 } = texts;
  const expected = `a list of ${minItems === 0 ? 'at most' : `${minItems} to`} ${maxItems} ${things}`;
  return Type.Array(item, { ...keywordsOf(texts), ...(minItems === 0 ? {} : { minItems }), maxItems, expected });
}

/**
 * Free-form details, an object or a text. A definition has one type for each input, so designers learn of the object,
 * which is the first type here.
 */
export function detailsField(texts: FieldTexts) {
  return Type.Refine(
    Type.Unsafe<Details>({
      type: ['object', 'string'],
      ...keywordsOf(texts),
      additionalProperties: true,
      pattern: '\\S',
      expected: `an object with at most ${maxNesting} levels, or a text that is not blank`,
    }),
    (details) => isWithinDepth(details, maxNesting),
    () => 'is nested too deeply',
  );
}

/** Whether a value has at most `levels` objects and lists within each other. It goes no deeper than that itself. */
function isWithinDepth(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((one) => isWithinDepth(one, levels - 1));
}
