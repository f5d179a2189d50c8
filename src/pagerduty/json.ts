import { PagerDutyInvalidResponseError } from './errors.js';

/** An object of JSON. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a value of JSON is an object: no list, and not null. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** JSON text as a value; undefined if it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Whoever asks this way has an answer to any text.
    return undefined;
  }
}

/** Parses a success body. @throws {PagerDutyInvalidResponseError} if it is not JSON, or only a part of it. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new PagerDutyInvalidResponseError('JSON', error);
  }
}
