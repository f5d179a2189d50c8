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
 * `code` is stable and machine-readable, `statusCode` is the HTTP status it becomes.
 */
export class ServiceError extends Error {
  readonly code: string;
  readonly statusCode: number;
  readonly details: ErrorDetails;
  /** When trying again makes sense, in milliseconds from now; becomes `Retry-After`. */
  readonly retryAfterMs: number | undefined;

  constructor(options: {
    code: string;
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
}

/** An input names a user or another thing by an id that the PagerDuty account does not have. */
export class UnknownReferenceError extends ServiceError {
  constructor(input: { readonly field: string; readonly label: string; readonly thing: string }, cause: unknown) {
    const { field, label, thing } = input;
    super({
      code: `unknown_${thing.replaceAll(' ', '_')}`,
      statusCode: 404,
      message: `${label} (${field}): expected an id from this PagerDuty account, got one that no ${thing} has. Choose one from the list, or take the id from the address of its page in PagerDuty.`,
      details: { field },
      cause,
    });
  }
}
