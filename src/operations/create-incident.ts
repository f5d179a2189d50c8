import Type from 'typebox';
import { integrationKeyField, textField } from '../wire/fields.js';
import { defineOperation } from './operation.js';

export const createIncident = defineOperation({
  id: 'CreateIncident',
  summary: 'Create incident',
  description: 'Creates a new incident for the service that the integration key belongs to.',
  method: 'POST',
  path: '/incidents/create',
  needsApiKey: false,
  input: Type.Object({
    service_key: integrationKeyField({
      summary: 'Service key',
      description: 'The integration key of an Events API v1 or v2 integration of the service, 32 characters long.',
    }),
    description: textField({
      summary: 'Description',
      description: 'What happened, in up to 1024 characters. It becomes the title of the incident.',
      maxLength: 1024,
    }),
  }),
  body: { name: 'CreateRequest', description: 'Request to create an incident.' },
  output: 'NewIncident',
  outputDescription: 'The key of the new incident.',
  async run({ service_key, description }, { connection, uniqueKey }) {
    // With a key of our own the event can be sent again if PagerDuty's answer is lost.
    const dedupKey = uniqueKey();
    const incident_key = await connection.events.trigger({
      integrationKey: service_key,
      summary: description,
      dedupKey,
    });
    return { incident_key };
  },
});
