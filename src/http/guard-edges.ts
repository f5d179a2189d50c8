import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { clientErrorAnswer, type ErrorAnswer } from '../errors/error-answer.js';
import { ServiceError } from '../errors/service-error.js';

/** What a request may be, and how long it may take, whoever sends it. docs/reference.md's table of limits, which `npm run docs` writes, has the same numbers. */
export const httpLimits = {
  /** What PagerDuty takes of an event: https://developer.pagerduty.com/docs/events-api-overview */
  bodyBytes: 512 * 1024,
  /** How deep objects and lists of a JSON body may lie in each other. */
  jsonDepth: 100,
  /** The request line and the headers together. */
  headerBytes: 16 * 1024,
  headersMs: 15_000,
  requestMs: 30_000,
  /** How long nothing may move on a socket whose request is being answered: its caller may not read, say. */
  silentMs: 120_000,
  /** How long a socket is kept for the next request; longer than load balancers keep theirs. */
  idleMs: 65_000,
  /** How often sockets are checked: the two limits on time are exact to this. */
  checkMs: 5_000,
  sockets: 10_000,
};

/**
 * The headers of every answer that is no page: its type is what it says, nobody keeps a copy of it, and a browser that
 * opens it loads, runs and frames nothing.
 */
export const apiHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

/** The same as lines of an answer that is written by hand. */
const apiHeaderLines = Object.entries(apiHeaders)
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('');

/** Answers in this service's words what Node and Fastify would answer in theirs, or not at all. */
export function guardEdges(server: FastifyInstance): void {
  server.server.maxConnections = httpLimits.sockets;
  // Node would answer without a body, an id and a line in the log.
  server.server.on('checkExpectation', (request, response) => server.routing(request, response));
  server.addHook('onRequest', (request, reply, done) => {
    reply.headers(apiHeaders);
    const { expect, host } = request.headers;
    // HTTP/1.0 has neither header.
    if (request.raw.httpVersionMinor !== 1) return done();
    if (expect !== undefined && !/(?:^|\W)100-continue(?:$|\W)/i.test(expect)) {
      // The body may never come: it waits for a word that nobody gives.
      reply.header('connection', 'close');
      return done(unmetExpectation());
    }
    // https://www.rfc-editor.org/rfc/rfc9112#section-3.2; Node would answer without a body.
    done(host === undefined ? invalid('invalid_request', 'Host: expected one such header, got none.') : undefined);
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
 * Answers bytes that Node could not read as a request. The error itself must not be logged: it holds the raw bytes, and
 * among them may be a key.
 * @returns what was answered; undefined if nobody is there to read it
 */
export function answerClientError(error: Error & { readonly code?: string }, socket: Socket): ErrorAnswer | undefined {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return undefined;
  }
  const answer = clientErrorAnswer(error);
  const body = JSON.stringify(answer.body);
  const status = `${answer.statusCode} ${STATUS_CODES[answer.statusCode]}`;
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${apiHeaderLines}Connection: close\r\n\r\n${body}`,
  );
  return answer;
}

/**
 * Whether objects and lists of a JSON text lie deeper in each other than `maxDepth`. It judges a text that is no JSON
 * too. Code that calls itself for each level of what was parsed would overflow the stack.
 */
export function isTooDeep(json: string, maxDepth: number): boolean {
  // Each level takes two characters.
  if (json.length <= 2 * maxDepth) return false;
  let depth = 0;
  for (let index = 0; index < json.length; index += 1) {
    const character = json.charCodeAt(index);
    if (character === quote) index = endOfText(json, index);
    else if (character === openObject || character === openList) depth += 1;
    else if (character === closeObject || character === closeList) depth -= 1;
    if (depth > maxDepth) return true;
  }
  return false;
}

const [quote, backslash, openObject, closeObject, openList, closeList] = [0x22, 0x5c, 0x7b, 0x7d, 0x5b, 0x5d];

/** The index of a text's closing quote; the end of the JSON if there is none. */
function endOfText(json: string, start: number): number {
  let end = start + 1;
  while (end < json.length && json.charCodeAt(end) !== quote) end += json.charCodeAt(end) === backslash ? 2 : 1;
  return end;
}
