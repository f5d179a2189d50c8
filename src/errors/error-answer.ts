import type { ErrorCode } from './error-codes.js';
import { type ErrorDetails, ServiceError } from './service-error.js';

/** An error as it goes over the wire. */
export interface ErrorAnswer {
  readonly statusCode: number;
  readonly body: { readonly error: { readonly code: ErrorCode; readonly message: string } & ErrorDetails };
  /** In whole seconds, rounded up. */
  readonly retryAfterSeconds?: number;
}

/** A 429 that names no time is answered with this one, so that a caller always knows when to come back. */
const retryAfterUnknownSeconds = 10;

/** Fastify's own errors, in our words. */
const frameworkErrors: ReadonlyMap<string, readonly [statusCode: number, code: ErrorCode, message: string]> = new Map([
  ['FST_ERR_CTP_INVALID_JSON_BODY', [400, 'invalid_json', 'Body: expected JSON, got something else.']],
  ['FST_ERR_CTP_EMPTY_JSON_BODY', [400, 'invalid_json', 'Body: expected a JSON object, got nothing.']],
  ['FST_ERR_CTP_INVALID_CONTENT_LENGTH', [400, 'invalid_request', 'Content-Length does not match the body.']],
  ['FST_ERR_CTP_BODY_TOO_LARGE', [413, 'body_too_large', 'Body: expected at most 512 KiB, got more.']],
  [
    'FST_ERR_CTP_INVALID_MEDIA_TYPE',
    [415, 'unsupported_media_type', 'Content-Type: expected application/json, got another one.'],
  ],
  ['FST_ERR_BAD_URL', [400, 'invalid_url', 'URL: expected valid percent-encoding, got something else.']],
  ['FST_ERR_MAX_PARAM_LENGTH', [414, 'url_too_long', 'URL: expected ids of at most 255 characters, got a longer one.']],
]);

/** Bytes that are no HTTP, or more of it than is allowed, in our words: by Node's error code. */
const clientErrors: ReadonlyMap<string, readonly [statusCode: number, code: ErrorCode, message: string]> = new Map([
  ['HPE_HEADER_OVERFLOW', [431, 'headers_too_large', 'Headers: expected at most 16 KiB, got more.']],
  ['ERR_HTTP_REQUEST_TIMEOUT', [408, 'request_timeout', 'The request took too long to arrive.']],
]);
const notHttp = [400, 'invalid_request', 'The request is not valid HTTP.'] as const;

/** Every code that {@link clientErrorAnswer} gives. */
export const clientErrorCodes: readonly string[] = [notHttp, ...clientErrors.values()].map(([, code]) => code);

/** The answer to bytes that Node could not read as a request. */
export function clientErrorAnswer(error: unknown): ErrorAnswer {
  const [statusCode, code, message] = clientErrors.get(codeOf(error)) ?? notHttp;
  return { statusCode, body: { error: { code, message } } };
}

/** Turns anything thrown into an answer. An error that nobody foresaw becomes a 500 that tells nothing. */
export function errorAnswer(error: unknown): ErrorAnswer {
  if (error instanceof ServiceError) return serviceErrorAnswer(error);
  const [statusCode, code, message] = frameworkErrors.get(codeOf(error)) ?? fallback(error);
  return { statusCode, body: { error: { code, message } } };
}

function serviceErrorAnswer(error: ServiceError): ErrorAnswer {
  const { statusCode, code, message, details, retryAfterMs } = error;
  const answer = { statusCode, body: { error: { code, message, ...details } } };
  if (retryAfterMs !== undefined) return { ...answer, retryAfterSeconds: Math.max(1, Math.ceil(retryAfterMs / 1000)) };
  return statusCode === 429 ? { ...answer, retryAfterSeconds: retryAfterUnknownSeconds } : answer;
}

function fallback(error: unknown): readonly [number, ErrorCode, string] {
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : undefined;
  // JSON that is refused as dangerous (__proto__) arrives as a bare 400.
  if (status === 400) return [400, 'invalid_json', 'Body: expected a JSON object with the documented properties only.'];
  // Any other 4xx of Fastify, such as 403 for an impossible file name, becomes a 400.
  if (typeof status === 'number' && status > 400 && status < 500) {
    return [400, 'invalid_request', 'The request could not be read. Check it against the definition.'];
  }
  return [500, 'internal_error', 'Something went wrong in this service. Its log has more under this request’s id.'];
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}
