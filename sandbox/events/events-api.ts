import type { Account } from '../account/account.js';
import type { Context, Integration } from '../account/records.js';
import { parseJson } from '../http/read-request.js';

/** An event of either version may have so many bytes. */
export const maxEventBytes = 512 * 1024;
const keyLength = 32;

/** A refusal in the words of the Events APIs. */
export class EventError extends Error {
  override readonly name = 'EventError';

  constructor(
    readonly statusCode: number,
    readonly status: string,
    message: string,
    readonly errors: readonly string[] = [],
  ) {
    super(message);
  }
}

/** 400, what both versions answer to an event they cannot take. */
export function invalidEvent(errors: readonly string[]): EventError {
  return new EventError(400, 'invalid event', 'Event object is invalid', errors);
}

/** The JSON object in a body. @throws {EventError} if there is none */
export function eventIn(text: unknown): object {
  const body = parseJson(text);
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new EventError(400, 'unrecognized object', 'Event object format is unrecognized', ['JSON parse error']);
  }
  return body;
}

/**
 * The integration with this key, or why it was refused. A key belongs to one version of the Events API, unless the
 * settings say otherwise.
 */
export function integrationFor(
  account: Account,
  key: string,
  apiVersion: 1 | 2,
): Integration | 'wrong-length' | 'unknown' {
  if (key.length !== keyLength) return 'wrong-length';
  const integration = account.directory.integrations.find((one) => one.key === key);
  const fits = integration?.apiVersion === apiVersion || account.settings.acceptAnyIntegrationKey;
  return integration !== undefined && fits ? integration : 'unknown';
}

/** The monitoring client shows as one more link. */
export function contextsOf(
  contexts: readonly Context[],
  clientUrl: string | undefined,
  client: string | undefined,
): Context[] {
  if (clientUrl === undefined) return [...contexts];
  return [...contexts, { type: 'link', href: clientUrl, ...(client === undefined ? {} : { text: client }) }];
}
