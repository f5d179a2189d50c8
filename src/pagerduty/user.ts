import Type, { type Static } from 'typebox';

/**
 * The fields of PagerDuty's user that this service reads; every other field is carried along untouched.
 * @see https://developer.pagerduty.com/api-reference/2395ca1feb25e-get-a-user
 */
export const User = Type.Object({
  id: Type.String({ minLength: 1 }),
  email: Type.Optional(Type.Union([Type.String(), Type.Null()])),
});

export type User = Static<typeof User>;
