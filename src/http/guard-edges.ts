import type { FastifyInstance } from 'fastify';
import { ServiceError } from '../errors/service-error.js';
import { apiHeaders } from './api-headers.js';
import { httpLimits } from './http-limits.js';
import { isTooDeep } from './is-too-deep.js';

/** What Node and Fastify would do otherwise than this service says, with requests that no route is meant for. */
export function guardEdges(server: FastifyInstance): void {
  server.server.maxConnections = httpLimits.sockets;
  // Node would answer without a body.
  server.server.on('checkExpectation', (_, response) => {
    const message = 'Expect: expected 100-continue or no such header, got something else. Send the request without it.';
    const body = JSON.stringify({ error: { code: 'expectation_failed', message } });
    response.writeHead(417, { ...apiHeaders, 'content-type': 'application/json; charset=utf-8', connection: 'close' });
    response.end(body);
  });
  server.addHook('onRequest', (request, reply, done) => {
    reply.headers(apiHeaders);
    // https://www.rfc-editor.org/rfc/rfc9112#section-3.2; Node would answer without a body.
    const isHostMissing = request.headers.host === undefined && request.raw.httpVersionMinor === 1;
    done(isHostMissing ? invalid('invalid_request', 'Host: expected one such header, got none.') : undefined);
  });

  server.removeContentTypeParser('text/plain');
  const parse = server.getDefaultJsonParser('error', 'error');
  server.removeContentTypeParser('application/json');
  server.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (isTooDeep(body, httpLimits.jsonDepth)) {
      const message = `Body: expected JSON of at most ${httpLimits.jsonDepth} levels, got more. Flatten what lies so deep.`;
      return done(invalid('invalid_json', message));
    }
    return parse(request, body, done);
  });
}

function invalid(code: 'invalid_request' | 'invalid_json', message: string): ServiceError {
  return new ServiceError({ code, statusCode: 400, message });
}
