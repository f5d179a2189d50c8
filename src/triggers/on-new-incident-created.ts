import { incidentTrigger } from './trigger.js';

export const onNewIncidentCreated = incidentTrigger({
  id: 'OnNewIncidentCreated',
  path: '/trigger2/incidents',
  kind: 'created',
  action: 'create an incident',
  which: 'a new incident',
});
