import Type, { type Static, type TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { PagerDutyInvalidResponseError } from './errors.js';
import type { OddField, RecordReader } from './record-reader.js';

/** Hears of each odd field of a body. */
export type OddFieldReport = (odd: OddField) => void;

/**
 * Makes a function that checks a success body against `schema` and returns it typed. The body stays as it came, with the
 * fields that the schema does not name.
 * @param what what the body is, for the error: "an accepted event"
 */
export function reader<S extends TSchema>(what: string, schema: S): (body: unknown) => Static<S> {
  const validator = Compile(schema);
  return (body) => {
    if (validator.Check(body)) return body;
    const [first] = validator.Errors(body);
    throw new PagerDutyInvalidResponseError(`${what} (${first?.instancePath ?? ''} ${first?.message ?? ''})`);
  };
}

/**
 * Makes a function that reads a body with one record in it. Here a record that cannot be read is an error: there is
 * nothing else to answer with.
 * @param property the property of the body that holds the record: `incident`
 */
export function oneRecord<T>(what: string, property: string, { read }: RecordReader<T>) {
  const readBody = reader(what, Type.Object({ [property]: Type.Unknown() }));
  return (body: unknown, report: OddFieldReport): T => {
    const { record, odd } = read(readBody(body)[property]);
    if (record === undefined) {
      throw new PagerDutyInvalidResponseError(`${what} (/${property}${odd[0]?.field ?? ''} is missing or odd)`);
    }
    for (const one of odd) report(one);
    return record;
  };
}

/** The records of a body. */
export interface Records<T> {
  /** Those that can be read. */
  readonly items: readonly T[];
  /** How many PagerDuty sent. */
  readonly received: number;
  /** Those that cannot be read, each by the field for which it cannot. */
  readonly setAside: readonly OddField[];
  /** Odd fields of those that were read without them. */
  readonly mended: readonly OddField[];
}

/**
 * For those who look for one record among them: that one may have been set aside.
 * @throws {PagerDutyInvalidResponseError} if there were records, and none of them can be read
 */
export function refuseUnreadable({ items, setAside }: Pick<Records<unknown>, 'items' | 'setAside'>): void {
  const [first] = setAside;
  if (items.length > 0 || first === undefined) return;
  throw new PagerDutyInvalidResponseError(`${first.record.replaceAll('_', ' ')}s that can be read (${first.field})`);
}

/**
 * Makes a function that reads a body with a list of records in it, each by itself: one that cannot be read hides no other.
 * @param property the property of the body that holds the list: `escalation_policies`
 */
export function manyRecords<T>(property: string, { read }: RecordReader<T>) {
  const what = `a list of ${property.replaceAll('_', ' ')}`;
  const readBody = reader(what, Type.Object({ [property]: Type.Array(Type.Unknown()) }));
  return (body: unknown, report: OddFieldReport): Records<T> => {
    const values = readBody(body)[property] ?? [];
    const readings = values.map((value) => read(value));
    const odd = readings.flatMap((reading) => reading.odd);
    for (const one of odd) report(one);
    return {
      items: readings.map(({ record }) => record).filter((record) => record !== undefined),
      received: values.length,
      setAside: odd.filter(({ isSetAside }) => isSetAside),
      mended: odd.filter(({ isSetAside }) => !isSetAside),
    };
  };
}
