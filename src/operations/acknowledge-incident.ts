import Type from 'typebox';
import { idField } from '../wire/fields.js';
import { presentIncident } from '../wire/wire-objects.js';
import { defineOperation } from './operation.js';
import { changeStatus, refuseResolved } from './update-incident.js';

export const acknowledgeIncident = defineOperation({
  id: 'AcknowledgeIncident',
  summary: 'Acknowledge incident',
  description: 'Acknowledges an incident on behalf of a user, who takes it over. A resolved incident stays resolved.',
  method: 'PUT',
  path: '/action1/incidents/{incidentId}',
  input: Type.Object({
    incidentId: idField({
      summary: 'Incident',
      description: 'The incident to acknowledge.',
      lookup: 'ListIncidents',
    }),
    userId: idField({
      summary: 'Acknowledged by',
      description: 'The user who acknowledges the incident.',
      lookup: 'ListUsers',
    }),
  }),
  body: { name: 'AcknowledgeRequest', description: 'Request to acknowledge an incident.' },
  output: 'Incident',
  outputDescription: 'The incident after it was acknowledged.',
  async run({ incidentId, userId }, { connection }) {
    const from = await connection.emailOf({ userId, field: 'userId', label: 'Acknowledged by' });
    // PagerDuty reopens a resolved incident that is acknowledged, so its status comes first.
    refuseResolved(await connection.incidents.get(incidentId));
    return presentIncident(await changeStatus(connection, { id: incidentId, status: 'acknowledged', from, userId }));
  },
});
