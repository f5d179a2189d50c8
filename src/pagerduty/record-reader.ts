import Type, { type Static, type TObject, type TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { isObject } from './json.js';

/** The kinds of records that are read. */
export const recordKinds = [
  'escalation_policy',
  'incident',
  'log_entry',
  'note',
  'priority',
  'service',
  'user',
] as const;

export type RecordKind = (typeof recordKinds)[number];

/** A field of a record that is not as PagerDuty documents it. It holds no value of the record but its id. */
export interface OddField {
  readonly record: RecordKind;
  /** Undefined if the record has none that can be written down. */
  readonly id: string | undefined;
  /** JSON pointer into the record, such as `/assignments/0/assignee`; empty if the record itself is odd. */
  readonly field: string;
  /** True if the record cannot be read for it; false if it was read without the field. */
  readonly isSetAside: boolean;
}

/** What became of one record. */
export interface Reading<T> {
  /** The same object if it needed no mending; undefined if it cannot be read. */
  readonly record: T | undefined;
  /** The first few fields that are odd. Of a record that cannot be read, the one for which it cannot. */
  readonly odd: readonly OddField[];
}

/** Reads records of one kind. */
export interface RecordReader<T> {
  readonly kind: RecordKind;
  /** Never throws. */
  readonly read: (value: unknown) => Reading<T>;
}

/** So many odd fields of a record are named. */
const maxNamed = 5;

/**
 * Makes the reader of a kind of records. An odd field condemns nothing but itself: it is read as null, and a list loses
 * only its odd items. What the schema requires is what a record cannot be read without. Fields that the schema does not
 * name are carried along untouched.
 * @param options.schema its optional fields are nullable
 * @param options.always optional fields that every such record should have: one without is read, and the field named
 * @param options.needs optional fields without which a record like this one says nothing: one without cannot be read
 */
export function recordReader<S extends TObject>(options: {
  readonly kind: RecordKind;
  readonly schema: S;
  readonly always?: readonly (keyof Static<S> & string)[];
  readonly needs?: (record: Static<S>) => readonly (keyof Static<S> & string)[];
}): RecordReader<Static<S>> {
  const { kind, schema, always = [], needs = () => [] } = options;
  const validator = Compile(schema);
  const mend = menderOf(schema);
  const read = (value: unknown): Reading<Static<S>> => {
    const fields: string[] = [];
    const record = validator.Check(value) ? value : mend(value, '', fields);
    const id = idOf(record ?? value);
    const named = (field: string, isSetAside: boolean): OddField => ({ record: kind, id, field, isSetAside });
    if (!validator.Check(record)) return { record: undefined, odd: [named(fields.at(-1) ?? '', true)] };
    const isAbsent = (name: keyof Static<S>) => record[name] === undefined || record[name] === null;
    const missing = needs(record).find(isAbsent);
    if (missing !== undefined) {
      const field = fields.find((one) => one.startsWith(`/${missing}`)) ?? `/${missing}`;
      return { record: undefined, odd: [named(field, true)] };
    }
    for (const name of always) {
      const field = `/${name}`;
      if (isAbsent(name) && !fields.includes(field)) fields.push(field);
    }
    return { record, odd: fields.slice(0, maxNamed).map((field) => named(field, false)) };
  };
  return { kind, read };
}

/** The records among values that can be read. */
export function readable<T>(reader: RecordReader<T>, values: readonly unknown[]): readonly T[] {
  return values.map((value) => reader.read(value).record).filter((record) => record !== undefined);
}

/**
 * Makes a value match a schema: gives the value if it does, or else a copy that does; undefined if what is required is odd.
 * Adds the fields that are odd to `odd`.
 */
type Mender = (value: unknown, path: string, odd: string[]) => unknown;

/** One mender for each part of a schema, so that odd records, which may be many, cost about as much as good ones. */
function menderOf(schema: TSchema): Mender {
  const wanted = notNull(schema);
  if (Type.IsArray(wanted)) return listMender(schema, menderOf(wanted.items));
  if (Type.IsObject(wanted)) return objectMender(schema, wanted);
  return leafMender(schema);
}

/** Gives a value that is of the right type, and notes any other as odd. */
function leafMender(schema: TSchema): Mender {
  // Compiled when it is first needed: most fields are never odd.
  let validator: { Check(value: unknown): boolean } | undefined;
  return (value, path, odd) => {
    validator ??= Compile(schema);
    if (validator.Check(value)) return value;
    // The last one is always there: a record that cannot be read is named by it.
    odd.splice(maxNamed, 1, path);
    return undefined;
  };
}

function listMender(schema: TSchema, mendItem: Mender): Mender {
  const mendOther = leafMender(schema);
  return (value, path, odd) => {
    if (!Array.isArray(value)) return mendOther(value, path, odd);
    const items: readonly unknown[] = value;
    return items.map((item, index) => mendItem(item, `${path}/${index}`, odd)).filter((item) => item !== undefined);
  };
}

function objectMender(schema: TSchema, object: TObject): Mender {
  const mendOther = leafMender(schema);
  const required: readonly string[] = object.required ?? [];
  const fields = Object.entries(object.properties).map(([name, property]) => ({
    name,
    isRequired: required.includes(name),
    mendField: menderOf(property),
  }));
  return (value, path, odd) => {
    if (!isObject(value)) return mendOther(value, path, odd);
    const copy: Record<string, unknown> = { ...value };
    for (const { name, isRequired, mendField } of fields) {
      if (!isRequired && !Object.hasOwn(copy, name)) continue;
      const mended = mendField(copy[name], `${path}/${name}`, odd) ?? (name === 'id' ? idInAddress(value) : undefined);
      if (mended === undefined && isRequired) return undefined;
      copy[name] = mended ?? null;
    }
    return copy;
  };
}

/** What a nullable schema allows beside null. */
function notNull(schema: TSchema): TSchema {
  return (Type.IsUnion(schema) ? schema.anyOf.find((one) => !Type.IsNull(one)) : undefined) ?? schema;
}

/** The id that ends a record's address: `https://api.pagerduty.com/incidents/PT4KHLK`. */
function idInAddress(value: object): string | undefined {
  const addresses = ['self' in value ? value.self : undefined, 'html_url' in value ? value.html_url : undefined];
  for (const address of addresses) {
    const id =
      typeof address === 'string' ? /^https?:\/\/[^?#]{1,200}\/([A-Z0-9]{5,32})$/.exec(address)?.[1] : undefined;
    if (id !== undefined) return id;
  }
  return undefined;
}

/** The id of a record if it can be written into a log as it is. */
function idOf(value: unknown): string | undefined {
  if (!isObject(value) || !('id' in value) || typeof value.id !== 'string') return undefined;
  return /^[\w-]{1,64}$/.test(value.id) ? value.id : undefined;
}
