import { withAssignedUser } from '../wire/wire-objects.js';
import { defineLookup } from './lookup.js';

export const listIncidents = defineLookup({
  id: 'ListIncidents',
  path: '/incidents',
  description:
    'Lists the open incidents, the newest first, at most 1,000. It fills the dropdowns from which an incident is chosen.',
  output: 'IncidentsResponse',
  outputDescription: 'The open incidents.',
  maxItems: 1_000,
  fetch: ({ incidents }, { offset, limit }) =>
    incidents.list({
      'statuses[]': ['triggered', 'acknowledged'],
      date_range: 'all',
      sort_by: 'incident_number:desc',
      offset,
      limit,
    }),
  item: 'Incident',
  prepare: withAssignedUser,
});
