import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';

/**
 * The fields of a note that this service reads; every other field is carried along untouched.
 * @see https://developer.pagerduty.com/api-reference/9ae5cbda8f9e3-create-a-note-on-an-incident
 */
export const Note = Type.Object({
  id: Type.String({ minLength: 1 }),
  created_at: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  user: Type.Optional(Type.Union([Type.Object({ id: Type.String() }), Type.Null()])),
});

export type Note = Static<typeof Note>;

const validator = Compile(Note);

/** Whether a value is a note as PagerDuty sends them. */
export function isNote(value: unknown): value is Note {
  return validator.Check(value);
}
