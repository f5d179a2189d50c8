import type { Static, TSchema } from 'typebox';
import { Type } from 'typebox';
import { AccountError } from '../account/account-error.js';
import { bodyReader, parseJson } from '../http/read-request.js';

/** A reader of a control request's body. An empty body stands for `{}`; unknown fields are refused. */
function controlReader<S extends TSchema>(schema: S): (text: unknown) => Static<S> {
  const read = bodyReader(schema, (errors) => new AccountError(400, 0, 'Bad control request', errors));
  return (text) => {
    if (text === undefined || text === null || text === '') return read({});
    const body = parseJson(text);
    if (body === undefined) throw new AccountError(400, 0, 'Bad control request', ['the body is not JSON']);
    return read(body);
  };
}

const strict = { additionalProperties: false } as const;
const Id = Type.String({ minLength: 1 });
const UserId = Type.Optional(Id);
const Urgency = Type.Union([Type.Literal('high'), Type.Literal('low')]);
const Seconds = Type.Number({ minimum: 0 });
const Timeout = Type.Optional(Type.Union([Type.Number({ exclusiveMinimum: 0 }), Type.Null()]));

export const readTriggers = controlReader(
  Type.Object(
    {
      title: Type.String({ minLength: 1, maxLength: 1024 }),
      serviceId: Type.Optional(Id),
      urgency: Type.Optional(Urgency),
      key: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
      priorityId: Type.Optional(Id),
      assigneeIds: Type.Optional(Type.Array(Id, { minItems: 1 })),
      count: Type.Optional(Type.Integer({ minimum: 1, maximum: 20_000 })),
    },
    strict,
  ),
);

export const readActor = controlReader(Type.Object({ userId: UserId }, strict));

export const readResolve = controlReader(
  Type.Object({ userId: UserId, resolution: Type.Optional(Type.String({ minLength: 1 })) }, strict),
);

export const readAssign = controlReader(
  Type.Object(
    { userId: UserId, userIds: Type.Optional(Type.Array(Id, { minItems: 1 })), by: Type.Optional(Id) },
    strict,
  ),
);

export const readControlNote = controlReader(
  Type.Object({ userId: UserId, content: Type.String({ minLength: 1 }) }, strict),
);

export const readControlSnooze = controlReader(Type.Object({ userId: UserId, seconds: Type.Integer() }, strict));

export const readEscalate = controlReader(
  Type.Object({ userId: UserId, policyId: Type.Optional(Id), level: Type.Optional(Type.Integer()) }, strict),
);

export const readControlMerge = controlReader(
  Type.Object({ userId: UserId, sourceIds: Type.Array(Id, { minItems: 1 }) }, strict),
);

export const readUrgency = controlReader(Type.Object({ userId: UserId, urgency: Urgency }, strict));

export const readPriority = controlReader(
  Type.Object({ userId: UserId, priorityId: Type.Union([Id, Type.Null()]) }, strict),
);

export const readTitle = controlReader(Type.Object({ userId: UserId, title: Type.String({ minLength: 1 }) }, strict));

export const readNewKeys = controlReader(
  Type.Object(
    {
      count: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
      key: Type.Optional(Type.String({ pattern: '^[!-~]{8,}$' })),
      kind: Type.Optional(
        Type.Union([
          Type.Literal('account'),
          Type.Literal('user'),
          Type.Literal('read-only'),
          Type.Literal('no-log-entries'),
        ]),
      ),
      userId: UserId,
    },
    strict,
  ),
);

export const readSettings = controlReader(
  Type.Object(
    {
      rateLimitPerMinute: Type.Optional(Type.Integer({ minimum: 0 })),
      eventsRateLimitPerMinute: Type.Optional(Type.Integer({ minimum: 0 })),
      logEntryDelaySeconds: Type.Optional(Seconds),
      incidentDelaySeconds: Type.Optional(Seconds),
      latencyMs: Type.Optional(Type.Number({ minimum: 0 })),
      acceptAnyIntegrationKey: Type.Optional(Type.Boolean()),
      hideKeyOfAlertIncidents: Type.Optional(Type.Boolean()),
      repeatBetweenPages: Type.Optional(Type.Boolean()),
      strictSpecification: Type.Optional(Type.Boolean()),
    },
    strict,
  ),
);

export const readService = controlReader(
  Type.Object({ acknowledgementTimeout: Timeout, autoResolveTimeout: Timeout }, strict),
);

export const readPolicy = controlReader(
  Type.Object(
    {
      delayMinutes: Type.Optional(Type.Number({ minimum: 0 })),
      loops: Type.Optional(Type.Integer({ minimum: 0, maximum: 9 })),
    },
    strict,
  ),
);

export const readLateEntries = controlReader(
  Type.Object({ actions: Type.Integer({ minimum: 0 }), seconds: Seconds }, strict),
);

export const readAdvance = controlReader(Type.Object({ seconds: Seconds }, strict));

export const readFault = controlReader(
  Type.Object(
    {
      match: Type.Optional(
        Type.Object(
          {
            method: Type.Optional(Type.String()),
            path: Type.Optional(Type.String()),
            key: Type.Optional(Type.String()),
          },
          strict,
        ),
      ),
      fault: Type.Object(
        {
          status: Type.Optional(Type.Integer({ minimum: 200, maximum: 599 })),
          body: Type.Optional(Type.Unknown()),
          headers: Type.Optional(Type.Record(Type.String(), Type.String())),
          delayMs: Type.Optional(Type.Number({ minimum: 0 })),
          handled: Type.Optional(Type.Boolean()),
          cut: Type.Optional(Type.Union([Type.Literal('before'), Type.Literal('after')])),
          brokenBody: Type.Optional(
            Type.Union([Type.Literal('truncated'), Type.Literal('not-json'), Type.Literal('empty')]),
          ),
          rateLimited: Type.Optional(
            Type.Object({ resetSeconds: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]) }, strict),
          ),
        },
        strict,
      ),
      times: Type.Optional(Type.Integer({ minimum: 1 })),
      skip: Type.Optional(Type.Integer({ minimum: 0 })),
    },
    strict,
  ),
);
