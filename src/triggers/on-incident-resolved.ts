import Type from 'typebox';
import { defineTrigger, presentIncidents } from './trigger.js';

export const onIncidentResolved = defineTrigger({
  id: 'OnIncidentResolved',
  summary: 'When an incident is resolved',
  description: 'This operation triggers when an existing incident is resolved.',
  hint: 'To see it work now, resolve an incident in PagerDuty.',
  path: '/trigger5/incidents',
  input: Type.Object({}),
  output: 'IncidentsResponse',
  outputDescription: 'The incidents that were resolved.',
  filter: () => ({ kind: 'resolved' }),
  present: presentIncidents,
});
