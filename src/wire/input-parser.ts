import Type, { type Static, type TObject, type TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { Check } from 'typebox/value';
import { ServiceError } from '../errors/service-error.js';
import { keyword } from './fields.js';

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

/** A part of an input that does not match its schema. */
export interface Fault {
  /** Where it is: `images/0/src`. */
  readonly path: string;
  readonly schema: TSchema;
  readonly got: unknown;
}

/** The first, innermost part of a wrong value: the value itself if no part of it is wrong. */
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

/** Whether a part must be there: items of lists always, properties of objects if the object requires them. */
function isRequired(schema: TSchema, path: string): boolean {
  if (!Type.IsObject(schema)) return true;
  const required: readonly string[] = schema.required ?? [];
  return required.includes(path.slice(path.lastIndexOf('/') + 1));
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
