import Type from 'typebox';
import { idField } from '../wire/fields.js';
import { presentIncident } from '../wire/wire-objects.js';
import { defineOperation } from './operation.js';
import { changeStatus } from './update-incident.js';

export const resolveIncident = defineOperation({
  id: 'ResolveIncident',
  summary: 'Resolve incident',
  description: 'Marks an incident as resolved on behalf of a user.',
  method: 'PUT',
  path: '/action2/incidents/{incidentId}',
  input: Type.Object({
    incidentId: idField({
      summary: 'Incident',
      description: 'The incident to resolve.',
      lookup: 'ListIncidents',
    }),
    userId: idField({
      summary: 'Resolved by',
      description: 'The user who resolves the incident.',
      lookup: 'ListUsers',
    }),
  }),
  body: { name: 'ResolveRequest', description: 'Request to resolve an incident.' },
  output: 'Incident',
  outputDescription: 'The incident after it was resolved.',
  async run({ incidentId, userId }, { connection }) {
    const from = await connection.emailOf({ userId, field: 'userId', label: 'Resolved by' });
    return presentIncident(await changeStatus(connection, { id: incidentId, status: 'resolved', from, userId }));
  },
});
