import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { ErrorCode } from '../errors/error-codes.js';

/** What came is not HTTP, or more of it than is allowed: by Node's error code. */
const answers: ReadonlyMap<string, readonly [status: number, code: ErrorCode, message: string]> = new Map([
  ['HPE_HEADER_OVERFLOW', [431, 'headers_too_large', 'Headers: expected at most 16 KiB, got more.']],
  ['ERR_HTTP_REQUEST_TIMEOUT', [408, 'request_timeout', 'The request took too long to arrive.']],
]);
const other = [400, 'invalid_request', 'The request is not valid HTTP.'] as const;

/**
 * Answers what Node could not read as a request. The error itself must not be logged: it holds the raw bytes, and among
 * them may be a key.
 * @returns what was answered; undefined where nobody is there to read it
 */
export function answerClientError(
  error: Error & { readonly code?: string },
  socket: Socket,
): { readonly status: number; readonly code: ErrorCode } | undefined {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return undefined;
  }
  const [status, code, message] = answers.get(error.code ?? '') ?? other;
  const body = JSON.stringify({ error: { code, message } });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${apiHeaderLines}Connection: close\r\n\r\n${body}`,
  );
  return { status, code };
}

/**
 * The headers of every answer that is no page: it is what its type says, nobody keeps a copy of it, and a browser that
 * is led to open it loads, runs and frames nothing.
 */
export const apiHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

/** The same as lines of an answer that is written by hand. */
export const apiHeaderLines = Object.entries(apiHeaders)
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('');
