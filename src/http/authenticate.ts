import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Admitted, ConnectionRegistry } from '../connection/connection-registry.js';
import { ServiceError } from '../errors/service-error.js';
import type { Credential } from '../pagerduty/client.js';
import type { PagerDutyRegions, ServiceRegion } from '../pagerduty/regions.js';

const maxKeyLength = 512;
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
  if (key.length > maxKeyLength) throw malformed(`a key of ${key.length} characters, more than ${maxKeyLength}`);
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

/**
 * The service region of the caller's PagerDuty account, from `X-PagerDuty-Region`. A blank header counts as none: a
 * gateway sends one if the region of its connection was left empty.
 * @throws {ServiceError} `unknown_region`, 400
 */
export function requestedRegion(headers: IncomingHttpHeaders): ServiceRegion | undefined {
  const header = headers['x-pagerduty-region'];
  if (header === undefined) return undefined;
  const region = typeof header === 'string' ? header.trim().toLowerCase() : 'several';
  if (region === '') return undefined;
  if (region === 'us' || region === 'eu') return region;
  throw new ServiceError({
    code: 'unknown_region',
    statusCode: 400,
    message:
      'X-PagerDuty-Region: expected us or eu, got another text. Send the region of the PagerDuty account, or no such header for the region that the service is set to.',
  });
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The caller's connection, on routes that need a key. */
    admitted: Admitted | undefined;
  }
  interface FastifyContextConfig {
    /** False for a route that sends events alone: these need an integration key, and no API key. Default: true. */
    needsApiKey?: boolean;
  }
}

/**
 * Opens the connection of each request, of its key in its region, before the body is read. A request without a good
 * key or region ends there, with a {@link ServiceError} 401 or 400, and one whose key may be a guess, among many, with 503.
 */
export function openConnections(
  server: FastifyInstance,
  { connections, regions }: { readonly connections: ConnectionRegistry; readonly regions: PagerDutyRegions },
): void {
  server.decorateRequest('admitted', undefined);
  server.addHook('onRequest', async (request, reply) => {
    const { headers, ip: address, routeOptions } = request;
    const credential = authenticate(headers);
    const pagerDuty = regions.of(requestedRegion(headers));
    const needsApiKey = routeOptions.config?.needsApiKey !== false;
    const admitted = await connections.admit(credential, pagerDuty, { address, needsApiKey });
    request.admitted = admitted;
    request.callerId = admitted.connection.id;
    // Not onResponse, which does not run if the caller has left.
    if (reply.raw.closed) admitted.release();
    else reply.raw.once('close', admitted.release);
  });
}

/** What a request was let in with. @throws {Error} for a route that needs no key */
export function admittedOf({ admitted }: Pick<FastifyRequest, 'admitted'>): Admitted {
  if (admitted === undefined) throw new Error('This route opens no connection.');
  return admitted;
}
