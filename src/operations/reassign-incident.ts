import Type from 'typebox';
import { actingUserField, idField, incidentField } from '../wire/fields.js';
import { serializeIncident } from '../wire/wire-objects.js';
import { changeIncident } from './change-incident.js';
import { defineOperation } from './operation.js';
import { actingEmail, namingField } from './references.js';

/** https://developer.pagerduty.com/docs/rest-api-error-codes: "Assigned To User Not Found". */
const assigneeNotFound = 1007;

const input = Type.Object({
  incidentId: incidentField('to reassign'),
  userId: actingUserField('From user', 'hands the incident over'),
  reassignUserId: idField({
    summary: 'To user',
    description: 'The user who takes the incident over.',
    lookup: 'ListUsers',
  }),
});

export const reassignIncident = defineOperation({
  id: 'ReassignIncident',
  summary: 'Reassign incident',
  description: 'Hands an incident over to another user, on behalf of a user.',
  method: 'PUT',
  path: '/action3/incidents/{incidentId}',
  input,
  body: { name: 'ReassignRequest', description: 'Request to reassign an incident.' },
  output: 'Incident',
  outputDescription: 'The incident after it was reassigned.',
  async run({ incidentId, userId, reassignUserId }, { connection }) {
    const from = await actingEmail(connection, input, userId);
    const incident = await namingField(
      input,
      [{ code: assigneeNotFound, field: 'reassignUserId', thing: 'user' }],
      () =>
        changeIncident(connection, {
          id: incidentId,
          from,
          change: { assignments: [{ assignee: { id: reassignUserId, type: 'user_reference' } }] },
          isDone: ({ assignments }) => assignments?.length === 1 && assignments[0]?.assignee.id === reassignUserId,
        }),
    );
    return serializeIncident(incident);
  },
});
