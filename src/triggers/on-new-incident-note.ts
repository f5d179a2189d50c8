import Type from 'typebox';
import { noteReader } from '../pagerduty/models.js';
import { readable } from '../pagerduty/record-reader.js';
import { incidentField } from '../wire/fields.js';
import { serialize } from '../wire/wire-objects.js';
import { defineTrigger } from './trigger.js';

export const onNewIncidentNote = defineTrigger({
  id: 'OnNewIncidentNote',
  summary: 'When a note is added',
  description: 'This operation triggers when a note is added to the given incident.',
  hint: 'To see it work now, add a note to the incident in PagerDuty.',
  path: '/trigger1/incidents/{incidentId}/notes',
  input: Type.Object({
    incidentId: incidentField('whose new notes start the flow'),
  }),
  output: 'NotesResponse',
  outputDescription: 'The notes that were added.',
  filter: ({ incidentId }) => ({ kind: 'noted', subject: incidentId }),
  serialize: (payloads) => ({ notes: readable(noteReader, payloads).map((note) => serialize('Note', note)) }),
});
