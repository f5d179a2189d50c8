import type { FastifyInstance } from 'fastify';
import { ServiceError } from '../errors/service-error.js';
import { apiHeaders } from './client-error.js';
import { httpLimits } from './http-limits.js';

/** What Node and Fastify would do otherwise than this service says, with requests that no route is meant for. */
export function guardEdges(server: FastifyInstance): void {
  server.server.maxConnections = httpLimits.sockets;
  // Node would answer without a body, an id and a line in the log: so it is answered like every other request.
  const expecting = new WeakSet<object>();
  server.server.on('checkExpectation', (request, response) => {
    expecting.add(request);
    server.server.emit('request', request, response);
  });
  server.addHook('onRequest', (request, reply, done) => {
    reply.headers(apiHeaders);
    if (expecting.has(request.raw)) {
      // The body may never come: it waits for a word that nobody gives.
      reply.header('connection', 'close');
      return done(unmetExpectation());
    }
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

function unmetExpectation(): ServiceError {
  const message = 'Expect: expected 100-continue or no such header, got something else. Send the request without it.';
  return new ServiceError({ code: 'expectation_failed', statusCode: 417, message });
}

function invalid(code: 'invalid_request' | 'invalid_json', message: string): ServiceError {
  return new ServiceError({ code, statusCode: 400, message });
}

/**
 * Whether objects and lists of a JSON text lie deeper in each other than `most`. A text that is no JSON gets an answer
 * too. What is parsed may be walked or rendered by code that calls itself, which a deep text would make end the stack.
 */
export function isTooDeep(json: string, most: number): boolean {
  // Each level takes two characters.
  if (json.length <= 2 * most) return false;
  let depth = 0;
  for (let index = 0; index < json.length; index += 1) {
    const character = json.charCodeAt(index);
    if (character === quote) index = endOfText(json, index);
    else if (character === openObject || character === openList) depth += 1;
    else if (character === closeObject || character === closeList) depth -= 1;
    if (depth > most) return true;
  }
  return false;
}

const [quote, backslash, openObject, closeObject, openList, closeList] = [0x22, 0x5c, 0x7b, 0x7d, 0x5b, 0x5d];

/** Where the text that begins at a quote ends; the end of all where it does not. */
function endOfText(json: string, start: number): number {
  let end = start + 1;
  while (end < json.length && json.charCodeAt(end) !== quote) end += json.charCodeAt(end) === backslash ? 2 : 1;
  return end;
}
