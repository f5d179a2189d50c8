import { incidentTrigger } from './trigger.js';

export const onIncidentAcknowledged = incidentTrigger({
  id: 'OnIncidentAcknowledged',
  path: '/trigger4/incidents',
  kind: 'acknowledged',
  action: 'acknowledge an incident',
  which: 'an existing incident',
});
