import { ServiceError } from '../errors/service-error.js';
import type { Incident } from '../pagerduty/incident.js';

/** @throws {ServiceError} `incident_resolved`, 409, for an incident that is resolved and must stay so */
export function refuseResolved(incident: Incident): void {
  if (incident.status !== 'resolved') return;
  throw new ServiceError({
    code: 'incident_resolved',
    statusCode: 409,
    message:
      'Incident (incidentId): expected an incident that is open, got one that is resolved. Nothing was changed: PagerDuty would have reopened it.',
    details: { field: 'incidentId' },
  });
}
