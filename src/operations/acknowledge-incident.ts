import Type from 'typebox';
import { actingUserField, incidentField } from '../wire/fields.js';
import { serializeIncident } from '../wire/wire-objects.js';
import { changeStatus, refuseResolved } from './change-incident.js';
import { defineOperation } from './operation.js';
import { actingEmail } from './references.js';

const input = Type.Object({
  incidentId: incidentField('to acknowledge'),
  userId: actingUserField('Acknowledged by', 'acknowledges the incident'),
});

export const acknowledgeIncident = defineOperation({
  id: 'AcknowledgeIncident',
  summary: 'Acknowledge incident',
  description: 'Acknowledges an incident on behalf of a user, who takes it over. A resolved incident stays resolved.',
  method: 'PUT',
  path: '/action1/incidents/{incidentId}',
  input,
  body: { name: 'AcknowledgeRequest', description: 'Request to acknowledge an incident.' },
  output: 'Incident',
  outputDescription: 'The incident after it was acknowledged.',
  async run({ incidentId, userId }, { connection }) {
    const from = await actingEmail(connection, input, userId);
    // PagerDuty reopens a resolved incident that is acknowledged, so its status comes first.
    refuseResolved(await connection.incidents.get(incidentId));
    return serializeIncident(await changeStatus(connection, { id: incidentId, status: 'acknowledged', from, userId }));
  },
});
