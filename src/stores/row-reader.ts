import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

/** A store holds something that no version of this service has written. */
export class UnreadableRowError extends TypeError {
  constructor(problem: string | undefined) {
    super(`The event store holds a row that this service cannot read: ${problem}`);
  }
}

/** Makes a function that gives a row of a store its type. It throws an `UnreadableRowError` if the row is not of it. */
export function rowReader<S extends TSchema>(schema: S): (row: unknown) => Static<S> {
  const validator = Compile(schema);
  return (row) => {
    if (validator.Check(row)) return row;
    throw new UnreadableRowError(validator.Errors(row)[0]?.message);
  };
}
