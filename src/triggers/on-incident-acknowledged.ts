import Type from 'typebox';
import { defineTrigger, presentIncidents } from './trigger.js';

export const onIncidentAcknowledged = defineTrigger({
  id: 'OnIncidentAcknowledged',
  summary: 'When an incident is acknowledged',
  description: 'This operation triggers when an existing incident is acknowledged.',
  hint: 'To see it work now, acknowledge an incident in PagerDuty.',
  path: '/trigger4/incidents',
  input: Type.Object({}),
  output: 'IncidentsResponse',
  outputDescription: 'The incidents that were acknowledged.',
  filter: () => ({ kind: 'acknowledged' }),
  present: presentIncidents,
});
