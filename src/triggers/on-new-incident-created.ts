import { incidentTrigger } from './trigger.js';

export const onNewIncidentCreated = incidentTrigger({
  id: 'OnNewIncidentCreated',
  path: '/trigger2/incidents',
  kind: 'created',
  deed: 'create an incident',
  which: 'a new incident',
});
