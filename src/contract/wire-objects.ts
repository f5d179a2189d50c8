import { eventObjects } from './event-objects.js';
import { incidentObjects } from './incident-objects.js';
import { noteObjects } from './note-objects.js';
import { referenceObjects } from './reference-objects.js';
import { userObjects } from './user-objects.js';

/** Every object that an operation or a trigger answers with, by its name in the definition. */
export const wireObjects = { ...incidentObjects, ...userObjects, ...noteObjects, ...eventObjects, ...referenceObjects };

/** The name of a wire object. */
export type WireObjectName = keyof typeof wireObjects;
