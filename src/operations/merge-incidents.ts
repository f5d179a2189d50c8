import Type from 'typebox';
import { actingUserField, incidentField } from '../wire/fields.js';
import { listField } from '../wire/structured-fields.js';
import { serialize } from '../wire/wire-objects.js';
import { defineOperation } from './operation.js';
import { actingEmail } from './references.js';
import { sendOnce } from './send-once.js';

const input = Type.Object({
  incidentId: incidentField('that the others are merged into'),
  userId: actingUserField('Merged By', 'merges the incidents'),
  sourceIncidents: listField({
    summary: 'Source Incidents',
    description: 'The incidents to merge into the other one. They are resolved, and their alerts move.',
    things: 'incidents',
    minItems: 1,
    item: Type.Object(
      { incidentId: incidentField('to merge into the other one') },
      { expected: 'an object with incidentId' },
    ),
  }),
});

export const mergeIncidents = defineOperation({
  id: 'MergeIncidents',
  summary: 'Merge incidents',
  description:
    'Merges incidents into another one, on behalf of a user: their alerts move to it, and they are resolved. PagerDuty merges only incidents that have alerts or were created in its web app.',
  method: 'PUT',
  path: '/incidents/{incidentId}/merge',
  input,
  body: { name: 'MergeIncidentsRequest', description: 'Request to merge incidents.' },
  output: 'MergedIncident',
  outputDescription: 'The incident that the others were merged into.',
  async run({ incidentId: id, userId, sourceIncidents }, { connection }) {
    const from = await actingEmail(connection, input, userId);
    const sourceIds = sourceIncidents.map(({ incidentId }) => incidentId);
    const merged = await sendOnce('Look at the incidents', () => connection.incidents.merge({ id, from, sourceIds }));
    return serialize('MergedIncident', merged);
  },
});
