import type { ErrorCode } from './error-codes.js';

/** Details for the caller beside `code` and `message`. Never a secret, never a value that could be one. */
export interface ErrorDetails {
  /** The input that is wrong, by its wire name. */
  readonly field?: string;
  /** PagerDuty's answer, if the error is its own. */
  readonly pagerduty?: { readonly status: number; readonly code?: number; readonly errors: readonly string[] };
  /** The incident that stands in the way. */
  readonly incidentId?: string;
  /** True if the action may have been carried out although its answer was lost. */
  readonly mayHaveBeenDone?: boolean;
}

/**
 * The base of every error that a caller may see. `message` says what was expected, what came and what to do;
 * `code` is of the catalogue and never changes, `statusCode` is the HTTP status it becomes.
 */
export class ServiceError extends Error {
  readonly code: ErrorCode;
  readonly statusCode: number;
  readonly details: ErrorDetails;
  /** When trying again makes sense, in milliseconds from now; becomes `Retry-After`. */
  readonly retryAfterMs: number | undefined;

  constructor(options: {
    code: ErrorCode;
    statusCode: number;
    message: string;
    details?: ErrorDetails;
    retryAfterMs?: number;
    cause?: unknown;
  }) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = options.code;
    this.statusCode = options.statusCode;
    this.details = options.details ?? {};
    this.retryAfterMs = options.retryAfterMs;
  }

  /** The same error, saying when to try again if it does not say so itself. */
  retriedAfter(retryAfterMs: number): ServiceError {
    if (this.retryAfterMs !== undefined) return this;
    const { code, statusCode, message, details } = this;
    return new ServiceError({ code, statusCode, message, details, retryAfterMs, cause: this });
  }
}

/** What an input may name by its id. */
export type ReferencedThing = 'user' | 'escalation policy' | 'service' | 'priority';

const unknownCodes: Readonly<Record<ReferencedThing, ErrorCode>> = {
  user: 'unknown_user',
  'escalation policy': 'unknown_escalation_policy',
  service: 'unknown_service',
  priority: 'unknown_priority',
};

/** An input names a user or another thing by an id that the PagerDuty account does not have. */
export class UnknownReferenceError extends ServiceError {
  constructor(
    input: { readonly field: string; readonly label: string; readonly thing: ReferencedThing },
    cause: unknown,
  ) {
    const { field, label, thing } = input;
    super({
      code: unknownCodes[thing],
      statusCode: 404,
      message: `${label} (${field}): expected an id from this PagerDuty account, got one that no ${thing} has. Choose one from the list, or take the id from the address of its page in PagerDuty.`,
      details: { field },
      cause,
    });
  }
}
