import Type from 'typebox';
import { actingUserField, incidentField } from '../wire/fields.js';
import { serializeIncident } from '../wire/wire-objects.js';
import { changeStatus } from './change-incident.js';
import { defineOperation } from './operation.js';
import { actingEmail } from './references.js';

const input = Type.Object({
  incidentId: incidentField('to resolve'),
  userId: actingUserField('Resolved by', 'resolves the incident'),
});

export const resolveIncident = defineOperation({
  id: 'ResolveIncident',
  summary: 'Resolve incident',
  description: 'Marks an incident as resolved on behalf of a user.',
  method: 'PUT',
  path: '/action2/incidents/{incidentId}',
  input,
  body: { name: 'ResolveRequest', description: 'Request to resolve an incident.' },
  output: 'Incident',
  outputDescription: 'The incident after it was resolved.',
  async run({ incidentId, userId }, { connection }) {
    const from = await actingEmail(connection, input, userId);
    return serializeIncident(await changeStatus(connection, { id: incidentId, status: 'resolved', from, userId }));
  },
});
