import { onIncidentAcknowledged } from './on-incident-acknowledged.js';
import { onIncidentAssigned } from './on-incident-assigned.js';
import { onIncidentResolved } from './on-incident-resolved.js';
import { onNewIncidentCreated } from './on-new-incident-created.js';
import { onNewIncidentNote } from './on-new-incident-note.js';
import type { Trigger } from './trigger.js';

/** Every trigger, in the order in which designers list them. */
export const triggers: readonly Trigger[] = [
  onNewIncidentNote,
  onNewIncidentCreated,
  onIncidentAssigned,
  onIncidentAcknowledged,
  onIncidentResolved,
];
