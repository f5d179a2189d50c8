import Type from 'typebox';
import { defineTrigger, presentIncidents } from './trigger.js';

export const onNewIncidentCreated = defineTrigger({
  id: 'OnNewIncidentCreated',
  summary: 'When an incident is created',
  description: 'This operation triggers when a new incident is created.',
  hint: 'To see it work now, create an incident in PagerDuty.',
  path: '/trigger2/incidents',
  input: Type.Object({}),
  output: 'IncidentsResponse',
  outputDescription: 'The incidents that were created.',
  filter: () => ({ kind: 'created' }),
  present: presentIncidents,
});
