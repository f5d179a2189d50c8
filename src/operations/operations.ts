import { acknowledgeIncident } from './acknowledge-incident.js';
import { createIncident } from './create-incident.js';
import { getIncidentByKey } from './get-incident-by-key.js';
import { getUser } from './get-user.js';
import { listIncidents } from './list-incidents.js';
import { listUsers } from './list-users.js';
import type { Operation } from './operation.js';
import { resolveIncident } from './resolve-incident.js';

/** Every action and lookup, in the order in which designers list them. */
export const operations: readonly Operation[] = [
  getIncidentByKey,
  getUser,
  acknowledgeIncident,
  resolveIncident,
  createIncident,
  listIncidents,
  listUsers,
];
