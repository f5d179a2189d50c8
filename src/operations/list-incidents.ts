import Type from 'typebox';
import { presentIncident } from '../wire/wire-objects.js';
import { defineOperation } from './operation.js';

export const listIncidents = defineOperation({
  id: 'ListIncidents',
  summary: 'List incidents',
  description:
    'Lists the open incidents, the newest first, at most 1,000. It fills the dropdowns from which an incident is chosen.',
  method: 'GET',
  path: '/incidents',
  input: Type.Object({}),
  output: 'IncidentsResponse',
  outputDescription: 'The open incidents.',
  visibility: 'internal',
  async run(_, { connection }) {
    const incidents = await connection.lookups.openIncidents();
    return { incidents: incidents.map(presentIncident) };
  },
});
