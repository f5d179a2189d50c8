import type { Static, TObject, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { ServiceError } from '../errors/service-error.js';
import { keyword } from './fields.js';
import { faultFinder } from './find-fault.js';

/** Checks inputs and hands them back typed. */
export type InputParser<I extends TObject> = (raw: Readonly<Record<string, unknown>>) => Static<I>;

/**
 * Makes the parser of an input schema. Inputs that the schema does not name are left out.
 * @throws {InvalidInputError} from the parser, for the first input that is wrong
 */
export function inputParser<I extends TObject>(schema: I): InputParser<I> {
  const validator = Compile(schema);
  const required: readonly string[] = schema.required ?? [];
  const fields: ReadonlyArray<readonly [string, TSchema]> = Object.entries(schema.properties);
  const finders = fields.map(([name, field]) => ({ name, field, find: faultFinder(field) }));
  return (raw) => {
    const inputs: Record<string, unknown> = {};
    for (const [name] of fields) if (Object.hasOwn(raw, name)) inputs[name] = raw[name];
    if (validator.Check(inputs)) return inputs;
    for (const { name, field, find } of finders) {
      const isAbsent = inputs[name] === undefined && !required.includes(name);
      const fault = isAbsent ? undefined : find(name, inputs[name]);
      if (fault !== undefined) throw new InvalidInputError({ ...fault, name: fault.path, within: field });
    }
    throw new InvalidInputError({ name: 'body', schema, got: raw });
  };
}

/** An input that is missing or is not what it should be. The value is not repeated: it may be a secret. */
export class InvalidInputError extends ServiceError {
  constructor(input: {
    readonly name: string;
    readonly schema: TSchema;
    readonly got: unknown;
    /** The input that the name is a part of. Default: the schema itself. */
    readonly within?: TSchema;
    /** When that is expected, if it depends on other inputs: "if urgency and priorityId are left out". */
    readonly condition?: string;
  }) {
    const { name, schema, got } = input;
    const label = keyword(input.within ?? schema, 'x-ms-summary');
    const expected = [keyword(schema, 'expected') ?? 'another value', input.condition].join(' ').trimEnd();
    super({
      code: 'invalid_input',
      statusCode: 400,
      message: `${label === undefined ? name : `${label} (${name})`}: expected ${expected}, got ${describe(got, keyword(schema, 'type'))}.`,
      details: { field: name },
    });
  }
}

/** Says what kind of value came. Only a number is repeated, if one is expected: it is no secret. */
function describe(value: unknown, expectedType: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'string') {
    if (value === '') return 'an empty text';
    if (value.trim() === '') return 'a blank text';
    return `a text of ${value.length} ${value.length === 1 ? 'character' : 'characters'}`;
  }
  if (typeof value === 'object') return 'an object';
  return typeof value === 'number' && expectedType === 'integer' ? `the value ${value}` : `a ${typeof value}`;
}
