import type { TSchema } from 'typebox';
import { ServiceError } from '../errors/service-error.js';

/** An input that is missing or is not what it should be. The value is not repeated: it may be a secret. */
export class InvalidInputError extends ServiceError {
  constructor(input: {
    readonly name: string;
    readonly schema: TSchema;
    readonly got: unknown;
    /** The input that the name is a part of. Default: the schema itself. */
    readonly within?: TSchema;
    /** When that is expected, where it depends on other inputs: "where the event action is resolve". */
    readonly condition?: string;
  }) {
    const { name, schema, got } = input;
    const label = textOf(input.within ?? schema, 'x-ms-summary');
    const expected = [textOf(schema, 'expected') ?? 'another value', input.condition].join(' ').trimEnd();
    super({
      code: 'invalid_input',
      statusCode: 400,
      message: `${label === undefined ? name : `${label} (${name})`}: expected ${expected}, got ${describe(got, textOf(schema, 'type'))}.`,
      details: { field: name },
    });
  }
}

function textOf(schema: TSchema, keyword: string): string | undefined {
  const value = new Map<string, unknown>(Object.entries(schema)).get(keyword);
  return typeof value === 'string' ? value : undefined;
}

/** Says what kind of value came. It is repeated only where a number is expected: those are no secrets. */
function describe(value: unknown, expectedType: string | undefined): string {
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
