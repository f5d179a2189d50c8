import Type from 'typebox';
import type { Incident } from '../pagerduty/models.js';
import { actingUserField, choiceField, idField, incidentField, integerField, textField } from '../wire/fields.js';
import { InvalidInputError } from '../wire/input-parser.js';
import { serializeIncident } from '../wire/wire-objects.js';
import { changeIncident } from './change-incident.js';
import { defineOperation } from './operation.js';
import { actingEmail, namingField } from './references.js';
import { sendOnce } from './send-once.js';

/** https://developer.pagerduty.com/docs/rest-api-error-codes: "Invalid Priority". */
const priorityNotFound = 1020;

const input = Type.Object({
  incidentId: incidentField('to update'),
  userId: actingUserField('Updated By', 'updates the incident'),
  title: Type.Optional(
    textField({
      summary: 'Title',
      description: 'The new title, in up to 1024 characters.',
      visibility: 'important',
      maxLength: 1024,
    }),
  ),
  urgency: Type.Optional(
    choiceField({
      summary: 'Urgency',
      description: 'The new urgency.',
      visibility: 'important',
      choices: ['high', 'low'],
    }),
  ),
  priorityId: Type.Optional(
    idField({
      summary: 'Priority',
      description: 'The id of the new priority.',
      visibility: 'important',
      lookup: 'ListPriorities',
    }),
  ),
  escalationLevel: Type.Optional(
    integerField({
      summary: 'Escalation Level',
      description: 'The level of the incident’s escalation policy to escalate to, from 1.',
      visibility: 'important',
      minimum: 1,
      maximum: 100,
    }),
  ),
});

export const updateIncident = defineOperation({
  id: 'UpdateIncident',
  summary: 'Update incident',
  description:
    'Changes the title, urgency or priority of an incident, or escalates it to a level of its policy, on behalf of a user.',
  method: 'PUT',
  path: '/incidents/{incidentId}/update',
  input,
  body: { name: 'UpdateIncidentRequest', description: 'Request to update an incident.' },
  output: 'Incident',
  outputDescription: 'The incident after it was updated.',
  check({ title, urgency, priorityId, escalationLevel }) {
    if ([title, urgency, priorityId, escalationLevel].some((given) => given !== undefined)) return;
    const condition = 'if urgency, priorityId and escalationLevel are left out';
    throw new InvalidInputError({ name: 'title', schema: input.properties.title, got: undefined, condition });
  },
  async run({ incidentId: id, userId, title, urgency, priorityId, escalationLevel }, { connection }) {
    const from = await actingEmail(connection, input, userId);
    const change = {
      title,
      urgency,
      priority: priorityId === undefined ? undefined : { id: priorityId, type: 'priority_reference' },
      escalation_level: escalationLevel,
    };
    const isDone = (incident: Incident) =>
      (title === undefined || incident.title === title) &&
      (urgency === undefined || incident.urgency === urgency) &&
      (priorityId === undefined || idOf(incident.priority) === priorityId);
    const incident = await namingField(
      input,
      [{ code: priorityNotFound, field: 'priorityId', thing: 'priority' }],
      () =>
        // An incident does not show its level, so an escalation is sent once.
        escalationLevel === undefined
          ? changeIncident(connection, { id, from, change, isDone })
          : sendOnce('Look at the incident’s timeline', () => connection.incidents.update({ id, from, change })),
    );
    return serializeIncident(incident);
  },
});

function idOf(reference: unknown): unknown {
  return typeof reference === 'object' && reference !== null && 'id' in reference ? reference.id : undefined;
}
