import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

/** Makes a function that gives a database row its type, and throws where the row is not of it. */
export function rowReader<S extends TSchema>(schema: S): (row: unknown) => Static<S> {
  const validator = Compile(schema);
  return (row) => {
    if (validator.Check(row)) return row;
    throw new TypeError(
      `The event store holds a row that this service cannot read: ${validator.Errors(row)[0]?.message}`,
    );
  };
}
