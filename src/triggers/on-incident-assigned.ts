import Type from 'typebox';
import { idField } from '../wire/fields.js';
import { defineTrigger, serializeIncidents } from './trigger.js';

export const onIncidentAssigned = defineTrigger({
  id: 'OnIncidentAssigned',
  summary: 'When an incident is assigned to a user',
  description: 'This operation triggers when an incident is assigned to the given user.',
  hint: 'To see it work now, assign an incident to the user in PagerDuty.',
  path: '/trigger3/incidents/{userId}',
  input: Type.Object({
    userId: idField({
      summary: 'User',
      description: 'The user whose new assignments start the flow.',
      lookup: 'ListUsers',
    }),
  }),
  output: 'IncidentsResponse',
  outputDescription: 'The incidents that were assigned to the user.',
  filter: ({ userId }) => ({ kind: 'assigned', subject: userId }),
  serialize: serializeIncidents,
});
