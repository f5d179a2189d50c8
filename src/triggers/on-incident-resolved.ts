import { incidentTrigger } from './trigger.js';

export const onIncidentResolved = incidentTrigger({
  id: 'OnIncidentResolved',
  path: '/trigger5/incidents',
  kind: 'resolved',
  action: 'resolve an incident',
  which: 'an existing incident',
});
