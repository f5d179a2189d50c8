import Type, { type Static } from 'typebox';

/** What the process that makes the load is to send. */
export const LoadPlan = Type.Object({
  url: Type.String(),
  method: Type.Union([Type.Literal('GET'), Type.Literal('PUT')]),
  path: Type.String(),
  body: Type.Optional(Type.String()),
  /** The API keys to use in turn. */
  keys: Type.Array(Type.String(), { minItems: 1 }),
  /** So many requests are under way at a time. */
  sockets: Type.Integer({ minimum: 1 }),
  seconds: Type.Number(),
  /** Left out: as fast as they are answered. */
  callsEachSecond: Type.Optional(Type.Integer({ minimum: 1 })),
});

export type LoadPlan = Static<typeof LoadPlan>;

/** What came of it. */
export const LoadOutcome = Type.Object({
  answers: Type.Integer(),
  answersEachSecond: Type.Number(),
  p50Ms: Type.Number(),
  p99Ms: Type.Number(),
  /** How many answers had which status. */
  statuses: Type.Record(Type.String(), Type.Integer()),
  /** Requests without an answer. */
  failures: Type.Integer(),
});

export type LoadOutcome = Static<typeof LoadOutcome>;
