/** A refusal in PagerDuty's terms: the HTTP status, the error code and the texts its REST API would answer with. */
export class AccountError extends Error {
  override readonly name = 'AccountError';

  constructor(
    readonly statusCode: number,
    readonly code: number,
    message: string,
    readonly errors: readonly string[] = [],
  ) {
    super(message);
  }
}

/** 400 with code 2001, the catch-all of PagerDuty's REST API. */
export function invalidInput(...errors: string[]): AccountError {
  return new AccountError(400, 2001, 'Invalid Input Provided', errors);
}

/** 404 with code 2100. */
export function notFound(what: string): AccountError {
  return new AccountError(404, 2100, 'Not Found', [`${what} not found`]);
}
