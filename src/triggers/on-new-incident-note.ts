import Type from 'typebox';
import { isNote } from '../pagerduty/models.js';
import { idField } from '../wire/fields.js';
import { present } from '../wire/wire-objects.js';
import { defineTrigger } from './trigger.js';

export const onNewIncidentNote = defineTrigger({
  id: 'OnNewIncidentNote',
  summary: 'When a note is added',
  description: 'This operation triggers when a note is added to the given incident.',
  hint: 'To see it work now, add a note to the incident in PagerDuty.',
  path: '/trigger1/incidents/{incidentId}/notes',
  input: Type.Object({
    incidentId: idField({
      summary: 'Incident',
      description: 'The incident whose new notes start the flow.',
      lookup: 'ListIncidents',
    }),
  }),
  output: 'NotesResponse',
  outputDescription: 'The notes that were added.',
  filter: ({ incidentId }) => ({ kind: 'noted', subject: incidentId }),
  present: (payloads) => ({ notes: payloads.filter(isNote).map((note) => present('Note', note)) }),
});
