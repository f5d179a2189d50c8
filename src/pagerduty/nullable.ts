import Type from 'typebox';

/** A field that PagerDuty leaves out, or sends as null, where it has nothing to say. */
export function nullable<S extends Type.TSchema>(schema: S) {
  return Type.Optional(Type.Union([schema, Type.Null()]));
}
