import Type, { type TSchema } from 'typebox';
import { Check } from 'typebox/value';

/** A part of an input that is not of its schema. */
export interface Fault {
  /** Where it is: `images/0/src`. */
  readonly path: string;
  readonly schema: TSchema;
  readonly got: unknown;
}

/** The first, innermost part of a wrong value: the value itself where no part of it is wrong. */
export function findFault(whole: Fault): Fault {
  for (const part of partsOf(whole)) {
    const isAbsent = part.got === undefined && !isRequired(whole.schema, part.path);
    if (!isAbsent && !Check(part.schema, part.got)) return findFault(part);
  }
  return whole;
}

function* partsOf({ path, schema, got }: Fault): Iterable<Fault> {
  if (Type.IsArray(schema) && Array.isArray(got)) {
    const items: readonly unknown[] = got;
    for (const [index, item] of items.entries()) yield { path: `${path}/${index}`, schema: schema.items, got: item };
  }
  if (Type.IsObject(schema) && typeof got === 'object' && got !== null && !Array.isArray(got)) {
    const values = new Map<string, unknown>(Object.entries(got));
    for (const [name, property] of Object.entries(schema.properties)) {
      yield { path: `${path}/${name}`, schema: property, got: values.get(name) };
    }
  }
}

/** Whether a part must be there: items of lists always, properties of objects where the object says so. */
function isRequired(schema: TSchema, path: string): boolean {
  if (!Type.IsObject(schema)) return true;
  const required: readonly string[] = schema.required ?? [];
  return required.includes(path.slice(path.lastIndexOf('/') + 1));
}
