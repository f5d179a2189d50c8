import { Type } from 'typebox';
import type { Account } from '../account/account.js';
import type { IncidentChange } from '../account/update-incident.js';
import { bodyReader } from '../http/read-request.js';

const Reference = Type.Object({ id: Type.String({ minLength: 1 }), type: Type.String() });
const Assignments = Type.Array(Type.Object({ assignee: Reference }));
const Urgency = Type.Union([Type.Literal('high'), Type.Literal('low')]);
const ConferenceBridge = Type.Object({
  conference_number: Type.Optional(Type.String()),
  conference_url: Type.Optional(Type.String()),
});

const Change = Type.Object({
  type: Type.Union([Type.Literal('incident'), Type.Literal('incident_reference')]),
  status: Type.Optional(
    Type.Union([Type.Literal('triggered'), Type.Literal('acknowledged'), Type.Literal('resolved')]),
  ),
  resolution: Type.Optional(Type.String()),
  title: Type.Optional(Type.String({ maxLength: 1024 })),
  urgency: Type.Optional(Urgency),
  priority: Type.Optional(Type.Union([Reference, Type.String(), Type.Null()])),
  escalation_level: Type.Optional(Type.Integer()),
  escalation_policy: Type.Optional(Reference),
  assignments: Type.Optional(Assignments),
});

/** The body of `PUT /incidents/{id}`. */
export const readUpdate = bodyReader(Type.Object({ incident: Change }));

/** The body of `PUT /incidents`. */
export const readUpdates = bodyReader(
  Type.Object({
    incidents: Type.Array(Type.Intersect([Type.Object({ id: Type.String() }), Change]), { minItems: 1 }),
  }),
);

/** The body of `POST /incidents`. */
export const readCreation = bodyReader(
  Type.Object({
    incident: Type.Object({
      type: Type.Literal('incident'),
      title: Type.String({ minLength: 1, maxLength: 1024 }),
      service: Reference,
      urgency: Type.Optional(Urgency),
      priority: Type.Optional(Reference),
      incident_key: Type.Optional(Type.String({ maxLength: 255 })),
      escalation_policy: Type.Optional(Reference),
      assignments: Type.Optional(Assignments),
      body: Type.Optional(
        Type.Object({
          type: Type.Literal('incident_body'),
          details: Type.Optional(Type.Union([Type.String(), Type.Object({})])),
        }),
      ),
      conference_bridge: Type.Optional(ConferenceBridge),
    }),
  }),
);

export const readNote = bodyReader(Type.Object({ note: Type.Object({ content: Type.String() }) }));

export const readSnooze = bodyReader(Type.Object({ duration: Type.Number() }));

export const readMerge = bodyReader(Type.Object({ source_incidents: Type.Array(Reference) }));

export const readStatusUpdate = bodyReader(
  Type.Object({
    message: Type.String(),
    subject: Type.Optional(Type.String()),
    html_message: Type.Optional(Type.String()),
  }),
);

const Target = Type.Object({
  id: Type.String(),
  type: Type.Union([Type.Literal('user_reference'), Type.Literal('escalation_policy_reference')]),
});

/** PagerDuty's examples wrap every target in `responder_request_target`; its specification does not. */
export const readResponderRequest = bodyReader(
  Type.Object({
    requester_id: Type.String(),
    message: Type.String(),
    responder_request_targets: Type.Array(Type.Union([Type.Object({ responder_request_target: Target }), Target])),
  }),
);

/** A body's change in the account's terms. */
export function changeOf(account: Account, body: ReturnType<typeof readUpdate>['incident']): IncidentChange {
  const { priority } = body;
  return {
    status: body.status,
    resolution: body.resolution,
    title: body.title,
    urgency: body.urgency,
    priorityId: typeof priority === 'string' ? priorityId(account, priority) : priority === null ? null : priority?.id,
    policyId: body.escalation_policy?.id,
    escalationLevel: body.escalation_level,
    assigneeIds: body.assignments?.map((one) => one.assignee.id),
  };
}

/** A priority may come as its id or its name. */
function priorityId(account: Account, text: string): string {
  return account.directory.priorities.find((one) => one.name === text)?.id ?? text;
}
