import { acknowledgeIncident } from './acknowledge-incident.js';
import { addNoteToIncident } from './add-note-to-incident.js';
import { createIncident } from './create-incident.js';
import { createServiceIncident } from './create-service-incident.js';
import { escalateIncident } from './escalate-incident.js';
import { getIncidentByKey } from './get-incident-by-key.js';
import { getUser } from './get-user.js';
import { listEscalationPolicies } from './list-escalation-policies.js';
import { listIncidents } from './list-incidents.js';
import { listPriorities } from './list-priorities.js';
import { listServices } from './list-services.js';
import { listUsers } from './list-users.js';
import { mergeIncidents } from './merge-incidents.js';
import type { Operation } from './operation.js';
import { reassignIncident } from './reassign-incident.js';
import { resolveIncident } from './resolve-incident.js';
import { sendChangeEvent } from './send-change-event.js';
import { sendEvent } from './send-event.js';
import { snoozeIncident } from './snooze-incident.js';
import { testConnection } from './test-connection.js';
import { updateIncident } from './update-incident.js';

/** Every action and lookup, in the order in which designers list them. */
export const operations: readonly Operation[] = [
  getIncidentByKey,
  getUser,
  addNoteToIncident,
  acknowledgeIncident,
  resolveIncident,
  reassignIncident,
  snoozeIncident,
  escalateIncident,
  updateIncident,
  mergeIncidents,
  createIncident,
  createServiceIncident,
  sendEvent,
  sendChangeEvent,
  listIncidents,
  listUsers,
  listEscalationPolicies,
  listServices,
  listPriorities,
  testConnection,
];
