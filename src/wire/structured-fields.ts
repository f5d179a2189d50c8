import Type, { type TObject } from 'typebox';
import { type FieldTexts, keywordsOf } from './fields.js';

/** Free-form details: PagerDuty shows an object as a table, and a text as a text. */
export type Details = string | Readonly<Record<string, unknown>>;

/** Deeper nesting tells people nothing, and writing it as JSON would overflow the stack. */
const maxNesting = 50;

/** A list of objects. Properties of an item that `item` does not name stay as they are. */
export function listField<I extends TObject>(
  texts: FieldTexts & { readonly item: I; readonly expected: string; readonly minItems?: number },
) {
  const { item, expected, minItems = 0 } = texts;
  return Type.Array(item, { ...keywordsOf(texts), ...(minItems === 0 ? {} : { minItems }), expected });
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

/** Whether a value has at most `levels` objects and lists within each other. Level by level, without recursion. */
function isWithinDepth(value: unknown, levels: number): boolean {
  let level: unknown[] = [value];
  for (let left = levels; level.length > 0; left -= 1) {
    const containers = level.filter((one): one is object => typeof one === 'object' && one !== null);
    if (containers.length > 0 && left === 0) return false;
    level = containers.flatMap((one): unknown[] => Object.values(one));
  }
  return true;
}
