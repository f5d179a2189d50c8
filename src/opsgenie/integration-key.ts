import { ServiceError } from '../errors/service-error.js';

const expected = 'expected "Authorization: GenieKey <key>" with the 32 characters of an Events API v2 integration key';

/**
 * Reads the integration key of a sender from its `Authorization` header. Whether PagerDuty knows it is PagerDuty's to
 * say.
 * @throws {ServiceError} `missing_api_key` or `malformed_api_key`, 401; neither repeats what came
 */
export function readIntegrationKey(authorization: string | undefined): string {
  const given = (authorization ?? '').trim();
  if (given === '') throw refused('missing_api_key', 'got no such header');
  const key = /^geniekey\s+(.*)$/i.exec(given)?.[1];
  if (key === undefined) throw refused('malformed_api_key', 'got a header of another form');
  if (/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(key)) {
    throw refused('malformed_api_key', 'got a key of the form that Opsgenie’s own have');
  }
  if (!/^[A-Za-z0-9_+-]{32}$/.test(key)) throw refused('malformed_api_key', 'got a key of another form');
  return key;
}

function refused(code: 'missing_api_key' | 'malformed_api_key', got: string): ServiceError {
  const advice = 'Copy the key from the Integrations tab of the service in PagerDuty.';
  return new ServiceError({ code, statusCode: 401, message: `Could not authenticate: ${expected}, ${got}. ${advice}` });
}
