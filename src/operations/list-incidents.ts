import Type from 'typebox';
import { presentIncident } from '../contract/present-incident.js';
import { collectPages } from '../pagerduty/collect-pages.js';
import { defineOperation } from './operation.js';

/** A dropdown longer than this helps nobody, and an incident can always be given by its id. */
const mostIncidents = 1_000;

export const listIncidents = defineOperation({
  id: 'ListIncidents',
  summary: 'List incidents',
  description: 'Lists the open incidents, the newest first. It fills the dropdowns from which an incident is chosen.',
  method: 'GET',
  path: '/incidents',
  input: Type.Object({}),
  output: 'IncidentsResponse',
  outputDescription: 'The open incidents, at most the newest 1,000.',
  visibility: 'internal',
  async run(_, { connection }) {
    const { items } = await collectPages({
      fetch: (offset, limit) =>
        connection.incidents.list({
          'statuses[]': ['triggered', 'acknowledged'],
          date_range: 'all',
          sort_by: 'incident_number:desc',
          offset,
          limit,
        }),
      mostItems: mostIncidents,
    });
    return { incidents: items.map(presentIncident) };
  },
});
