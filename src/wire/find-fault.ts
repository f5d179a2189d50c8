import Type, { type TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

/** A part of an input that does not match its schema. */
export interface Fault {
  /** Where it is: `images/0/src`. */
  readonly path: string;
  readonly schema: TSchema;
  readonly got: unknown;
}

/** The first, innermost part of a value that is wrong; undefined if the value is right. */
export type FaultFinder = (path: string, got: unknown) => Fault | undefined;

/**
 * Makes the finder of a schema's faults. Everything is compiled here, once, and a list is given up at its first wrong item,
 * or before its first if it is too long: a wrong value costs hardly more than a right one.
 */
export function faultFinder(schema: TSchema): FaultFinder {
  const validator = Compile(schema);
  const findInside = Type.IsArray(schema) ? inList(schema) : Type.IsObject(schema) ? inObject(schema) : undefined;
  return (path, got) => (validator.Check(got) ? undefined : (findInside?.(path, got) ?? { path, schema, got }));
}

function inList({
  items,
  maxItems = Number.POSITIVE_INFINITY,
}: TSchema & { items: TSchema; maxItems?: number }): FaultFinder {
  const find = faultFinder(items);
  return (path, got) => {
    if (!Array.isArray(got) || got.length > maxItems) return undefined;
    for (const [index, item] of got.entries()) {
      const fault = find(`${path}/${index}`, item);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };
}

function inObject(
  schema: TSchema & { required?: readonly string[]; properties: Readonly<Record<string, TSchema>> },
): FaultFinder {
  const properties = Object.entries(schema.properties).map(([name, property]) => {
    return { name, find: faultFinder(property), isRequired: schema.required?.includes(name) ?? false };
  });
  return (path, got) => {
    if (typeof got !== 'object' || got === null || Array.isArray(got)) return undefined;
    for (const { name, find, isRequired } of properties) {
      const value: unknown = Object.getOwnPropertyDescriptor(got, name)?.value;
      const fault = value === undefined && !isRequired ? undefined : find(`${path}/${name}`, value);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };
}
