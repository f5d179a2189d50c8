import type { ErrorCode } from '../errors/error-codes.js';
import { ServiceError } from '../errors/service-error.js';

/**
 * PagerDuty answered with an error of its own. What PagerDuty said is named `pagerDuty…`; `code` and `statusCode` are what
 * this service makes of it, as of every error.
 */
export class PagerDutyResponseError extends ServiceError {
  readonly pagerDutyStatus: number;
  readonly pagerDutyCode: number | undefined;
  readonly pagerDutyErrors: readonly string[];

  constructor(status: number, body: PagerDutyErrorBody, retryAfterMs: number | undefined) {
    const { code, statusCode, advice } = meaningOf(status);
    const said = [body.message, ...body.errors].filter((text) => text !== undefined && text !== '').join(': ');
    super({
      code,
      statusCode,
      message: `PagerDuty answered ${status}${said === '' ? '' : ` (${said})`}. ${advice}`,
      details: {
        pagerduty: { status, ...(body.code === undefined ? {} : { code: body.code }), errors: body.errors },
      },
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
    this.pagerDutyStatus = status;
    this.pagerDutyCode = body.code;
    this.pagerDutyErrors = body.errors;
  }

  /** Whether one of PagerDuty's own texts has these words. */
  says(words: RegExp): boolean {
    return this.pagerDutyErrors.some((text) => words.test(text));
  }
}

/** An error body reduced to what its several shapes have in common. */
export interface PagerDutyErrorBody {
  readonly code?: number;
  readonly message?: string;
  readonly errors: readonly string[];
}

interface Meaning {
  readonly code: ErrorCode;
  readonly statusCode: number;
  readonly advice: string;
}

const meanings: ReadonlyMap<number, Meaning> = new Map([
  [
    401,
    {
      code: 'pagerduty_unauthorized',
      statusCode: 401,
      advice:
        'Check that the API key is complete and has not been revoked, and that it belongs to the region of this service: a key from the EU region is unknown in the US region, and the other way round.',
    },
  ],
  [
    402,
    {
      code: 'pagerduty_plan_limit',
      statusCode: 402,
      advice: 'The PagerDuty account’s plan does not include this.',
    },
  ],
  [
    403,
    {
      code: 'pagerduty_forbidden',
      statusCode: 403,
      advice: 'The API key may not do this: it may be read-only, or its user may lack the permission.',
    },
  ],
  [404, { code: 'pagerduty_not_found', statusCode: 404, advice: 'Check the id.' }],
  [
    413,
    { code: 'pagerduty_too_large', statusCode: 413, advice: 'PagerDuty takes at most 512 KB: shorten the details.' },
  ],
  [408, { code: 'pagerduty_timeout', statusCode: 504, advice: 'Try again.' }],
  [
    429,
    {
      code: 'pagerduty_rate_limited',
      statusCode: 429,
      advice: 'PagerDuty allows no more calls with this key for now: wait as long as Retry-After says.',
    },
  ],
  [
    503,
    { code: 'pagerduty_unavailable', statusCode: 503, advice: 'Try again later; see https://status.pagerduty.com.' },
  ],
]);

function meaningOf(status: number): Meaning {
  const known = meanings.get(status);
  if (known !== undefined) return known;
  if (status >= 400 && status < 500) {
    return { code: 'pagerduty_rejected', statusCode: 400, advice: 'Correct the inputs and call again.' };
  }
  return {
    code: 'pagerduty_error',
    statusCode: 502,
    advice: 'Try again later; if it keeps failing, see https://status.pagerduty.com.',
  };
}

/** PagerDuty gave no complete answer in time. Whether it acted on the request is unknown. */
export class PagerDutyTimeoutError extends ServiceError {
  constructor(deadlineMs: number) {
    super({
      code: 'pagerduty_timeout',
      statusCode: 504,
      message: `PagerDuty did not answer within ${deadlineMs / 1000} seconds. Try again; if it keeps failing, see https://status.pagerduty.com.`,
    });
  }
}

/** The connection to PagerDuty could not be made, or broke before the answer was complete. */
export class PagerDutyUnreachableError extends ServiceError {
  /** True if the request certainly never left, so that it had no effect. */
  readonly notSent: boolean;

  constructor(cause: unknown, notSent: boolean) {
    super({
      code: 'pagerduty_unreachable',
      statusCode: 502,
      message: notSent
        ? 'PagerDuty could not be reached. Check the network of this service and its PAGERDUTY_API_URL and PAGERDUTY_EVENTS_URL.'
        : 'The connection to PagerDuty broke before its answer was complete. Try again.',
      cause,
    });
    this.notSent = notSent;
  }
}

/** No socket to PagerDuty was free for the call, or none of its connection's share: nothing was sent. */
export class NoSocketError extends ServiceError {
  constructor(waitedMs: number) {
    super({
      code: 'no_socket',
      statusCode: 503,
      message: `Calls to PagerDuty wait for others that PagerDuty answers slowly: expected one of the connection's sockets within ${waitedMs / 1000} seconds, got none. Nothing was sent. Try again after Retry-After, with fewer calls at a time.`,
      retryAfterMs: 5_000,
    });
  }
}

/** PagerDuty said that all went well, with a body that is not what its documentation promises. */
export class PagerDutyInvalidResponseError extends ServiceError {
  /** @param expected what the body should have been, and at which place it is something else */
  constructor(expected: string, cause?: unknown) {
    super({
      code: 'pagerduty_invalid_response',
      statusCode: 502,
      message: `PagerDuty answered with a body that this service cannot read: expected ${expected}. Try again; if it keeps failing, a proxy between this service and PagerDuty may be changing its answers.`,
      ...(cause === undefined ? {} : { cause }),
    });
  }
}

/** PagerDuty's answer is larger than any should be, and was not read to its end: a shorter page may be what to ask for. */
export class AnswerTooLargeError extends PagerDutyInvalidResponseError {
  constructor(maxMib: number, cause: unknown) {
    super(`at most ${maxMib} MiB`, cause);
  }
}

/**
 * Whether PagerDuty may have acted on a call although it did not say so: its answer was lost, cannot be read, or reports
 * a failure inside PagerDuty.
 */
export function isAmbiguous(error: unknown): boolean {
  if (error instanceof PagerDutyUnreachableError) return !error.notSent;
  if (error instanceof PagerDutyResponseError) {
    return error.pagerDutyStatus === 408 || error.pagerDutyStatus >= 500;
  }
  return error instanceof PagerDutyTimeoutError || error instanceof PagerDutyInvalidResponseError;
}
