import type { Presented } from '../contract/present.js';
import { presentIncident } from '../contract/present-incident.js';
import { isIncident } from '../pagerduty/incident.js';

/** The body of a trigger that tells of incidents: always the list, so that designers can split on it. */
export function presentIncidents(payloads: readonly unknown[]): { readonly incidents: readonly Presented[] } {
  return { incidents: payloads.filter(isIncident).map(presentIncident) };
}
