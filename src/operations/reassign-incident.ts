import Type from 'typebox';
import { idField } from '../wire/fields.js';
import { presentIncident } from '../wire/wire-objects.js';
import { defineOperation } from './operation.js';
import { namingField } from './references.js';
import { updateIncident } from './update-incident.js';

/** https://developer.pagerduty.com/docs/rest-api-error-codes: "Assigned To User Not Found". */
const assigneeNotFound = 1007;

export const reassignIncident = defineOperation({
  id: 'ReassignIncident',
  summary: 'Reassign incident',
  description: 'Hands an incident over to another user, on behalf of a user.',
  method: 'PUT',
  path: '/action3/incidents/{incidentId}',
  input: Type.Object({
    incidentId: idField({
      summary: 'Incident',
      description: 'The incident to reassign.',
      lookup: 'ListIncidents',
    }),
    userId: idField({
      summary: 'From user',
      description: 'The user who hands the incident over.',
      lookup: 'ListUsers',
    }),
    reassignUserId: idField({
      summary: 'To user',
      description: 'The user who takes the incident over.',
      lookup: 'ListUsers',
    }),
  }),
  body: { name: 'ReassignRequest', description: 'Request to reassign an incident.' },
  output: 'Incident',
  outputDescription: 'The incident after it was reassigned.',
  async run({ incidentId, userId, reassignUserId }, { connection }) {
    const from = await connection.emailOf({ userId, field: 'userId', label: 'From user' });
    const incident = await namingField(
      [{ code: assigneeNotFound, field: 'reassignUserId', label: 'To user', thing: 'user' }],
      () =>
        updateIncident(connection, {
          id: incidentId,
          from,
          change: { assignments: [{ assignee: { id: reassignUserId, type: 'user_reference' } }] },
          isDone: ({ assignments }) => assignments?.length === 1 && assignments[0]?.assignee.id === reassignUserId,
        }),
    );
    return presentIncident(incident);
  },
});
