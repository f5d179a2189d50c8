import type { Static, TObject, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { findFault } from './find-fault.js';
import { InvalidInputError } from './invalid-input-error.js';

/** Checks inputs and hands them back typed. */
export type InputParser<I extends TObject> = (raw: Readonly<Record<string, unknown>>) => Static<I>;

/**
 * Makes the parser of an input schema. Inputs that the schema does not name are left out.
 * @throws {InvalidInputError} from the parser, for the first input that is wrong
 */
export function inputParser<I extends TObject>(schema: I): InputParser<I> {
  const validator = Compile(schema);
  const fields: ReadonlyArray<readonly [string, TSchema]> = Object.entries(schema.properties);
  const single = fields.map(([name, field]) => ({ name, field, validator: Compile(field) }));
  return (raw) => {
    const inputs: Record<string, unknown> = {};
    for (const [name] of fields) if (Object.hasOwn(raw, name)) inputs[name] = raw[name];
    if (validator.Check(inputs)) return inputs;
    const required: readonly string[] = schema.required ?? [];
    for (const { name, field, validator: one } of single) {
      const absent = inputs[name] === undefined && !required.includes(name);
      if (absent || one.Check(inputs[name])) continue;
      const { path, schema, got } = findFault({ path: name, schema: field, got: inputs[name] });
      throw new InvalidInputError({ name: path, schema, got, within: field });
    }
    throw new InvalidInputError({ name: 'body', schema, got: raw });
  };
}
