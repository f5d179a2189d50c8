import type { IncomingHttpHeaders } from 'node:http';
import { ServiceError } from '../errors/service-error.js';
import type { Credential } from '../pagerduty/credential.js';

const longestKey = 512;
const expected =
  'expected a PagerDuty API key as "X-API-Key: <key>", "Authorization: Token token=<key>" or "Authorization: Bearer <token>"';

/**
 * Reads the caller's credential from the headers. Whether PagerDuty accepts it is PagerDuty's to say.
 * @throws {ServiceError} `missing_api_key` or `malformed_api_key`, 401; neither repeats what came
 */
export function authenticate(headers: IncomingHttpHeaders): Credential {
  const apiKey = headers['x-api-key'];
  if (apiKey !== undefined) return credential('Token', typeof apiKey === 'string' ? apiKey : '');
  const { authorization } = headers;
  if (authorization === undefined || authorization.trim() === '') throw missing('got neither header');
  const token = /^token\s+token=("?)(.*)\1$/i.exec(authorization.trim())?.[2];
  if (token !== undefined) return credential('Token', token);
  const bearer = /^bearer\s+(.*)$/i.exec(authorization.trim())?.[1];
  if (bearer !== undefined) return credential('Bearer', bearer);
  throw malformed('an Authorization header of another form');
}

function credential(scheme: Credential['scheme'], text: string): Credential {
  const key = text.trim();
  if (key === '') throw missing('got a blank one');
  if (key.length > longestKey) throw malformed(`a key of ${key.length} characters, more than ${longestKey}`);
  if (!/^[\x21-\x7e]+$/.test(key)) throw malformed('a key with spaces, control characters or non-ASCII characters');
  return { scheme, key };
}

function missing(got: string): ServiceError {
  return new ServiceError({
    code: 'missing_api_key',
    statusCode: 401,
    message: `API key: ${expected}, ${got}. Add the key to the connection.`,
  });
}

function malformed(got: string): ServiceError {
  return new ServiceError({
    code: 'malformed_api_key',
    statusCode: 401,
    message: `API key: ${expected}, got ${got}. Copy the key again from PagerDuty.`,
  });
}
