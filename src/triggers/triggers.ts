import { onNewIncidentCreated } from './on-new-incident-created.js';
import type { Trigger } from './trigger.js';

/** Every trigger, in the order in which designers list them. */
export const triggers: readonly Trigger[] = [onNewIncidentCreated];
