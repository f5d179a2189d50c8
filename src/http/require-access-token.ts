import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { ErrorCode } from '../errors/error-codes.js';
import { ServiceError } from '../errors/service-error.js';

const expected = 'X-Access-Token: expected one of the access tokens of this service';

/**
 * Makes the routes of a scope private: each request has to bring one of the tokens, before anything else of it is looked
 * at. Without any token nothing is asked for.
 */
export function requireAccessToken(server: FastifyInstance, tokens: readonly string[]): void {
  if (tokens.length === 0) return;
  const hashes = tokens.map(hashOf);
  server.addHook('onRequest', (request, _, done) => {
    const header = request.headers['x-access-token'];
    const given = typeof header === 'string' ? header.trim() : '';
    // A gateway sends an empty one if its connection has none.
    if (given === '') return done(refused('missing_access_token', 'got none'));
    // Hashes are of one length, and all are compared: the time that it takes tells nothing of them.
    const hash = hashOf(given);
    const isOne = hashes.filter((one) => timingSafeEqual(one, hash)).length > 0;
    done(isOne ? undefined : refused('wrong_access_token', 'got another text'));
  });
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function refused(code: ErrorCode, got: string): ServiceError {
  const advice = 'Ask whoever runs the service for one, and enter it in the connection.';
  return new ServiceError({ code, statusCode: 401, message: `${expected}, ${got}. ${advice}` });
}
