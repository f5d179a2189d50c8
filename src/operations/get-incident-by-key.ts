import Type from 'typebox';
import { ServiceError } from '../errors/service-error.js';
import type { Incident } from '../pagerduty/models.js';
import { refuseUnreadable } from '../pagerduty/read-body.js';
import { textField } from '../wire/fields.js';
import { serializeIncident } from '../wire/wire-objects.js';
import { defineOperation } from './operation.js';

export const getIncidentByKey = defineOperation({
  id: 'GetIncidentByKey',
  summary: 'Get incident',
  description:
    'Retrieves an incident by its incident key, however old it is. Among several with the same key, the open one is taken, otherwise the newest.',
  method: 'GET',
  path: '/action8/incidents',
  input: Type.Object({
    incident_key: textField({
      summary: 'Incident',
      description:
        'The key of the incident, such as the one that Create incident returns. Choose an open incident from the list, or enter a key.',
      maxLength: 255,
      dropdown: { lookup: 'ListIncidents', value: 'incident_key' },
    }),
  }),
  output: 'Incident',
  outputDescription: 'The incident with this key.',
  async run({ incident_key }, { connection }) {
    // Newest first: a key can be used again only after its incident was resolved, so an open one is on this page.
    const page = await connection.incidents.list({
      incident_key,
      date_range: 'all',
      sort_by: 'created_at:desc',
      limit: 100,
    });
    refuseUnreadable(page);
    const isOpen = ({ status }: Incident) => typeof status === 'string' && status !== 'resolved';
    const incident = page.items.find(isOpen) ?? page.items[0];
    if (incident !== undefined) return serializeIncident(incident);
    throw new ServiceError({
      code: 'incident_not_found',
      statusCode: 404,
      message:
        'Incident (incident_key): expected the key of an incident of this PagerDuty account, got one that no incident has. An event that PagerDuty has just accepted takes a few seconds to become an incident.',
      details: { field: 'incident_key' },
    });
  },
});
