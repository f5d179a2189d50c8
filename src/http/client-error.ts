import type { Socket } from 'node:net';

/** What came is not HTTP, or more of it than is allowed: by Node's error code. */
const answers: ReadonlyMap<string, readonly [status: string, code: string, message: string]> = new Map([
  [
    'HPE_HEADER_OVERFLOW',
    ['431 Request Header Fields Too Large', 'headers_too_large', 'Headers: expected at most 16 KiB, got more.'],
  ],
  ['ERR_HTTP_REQUEST_TIMEOUT', ['408 Request Timeout', 'request_timeout', 'The request took too long to arrive.']],
]);
const other = ['400 Bad Request', 'invalid_request', 'The request is not valid HTTP.'] as const;

/**
 * Answers what Node could not read as a request. Nothing is logged: the error holds the raw bytes, and among them may
 * be a key.
 */
export function answerClientError(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, code, message] = answers.get(error.code ?? '') ?? other;
  const body = JSON.stringify({ error: { code, message } });
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
