import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { clientErrorAnswer, type ErrorAnswer } from '../errors/error-answer.js';

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
