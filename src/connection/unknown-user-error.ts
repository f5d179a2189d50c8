import { ServiceError } from '../errors/service-error.js';

/** The acting user that a caller named does not exist in the account. */
export class UnknownUserError extends ServiceError {
  constructor(input: { readonly field: string; readonly label: string }, cause: unknown) {
    super({
      code: 'unknown_user',
      statusCode: 404,
      message: `${input.label} (${input.field}): expected the id of a user of this PagerDuty account, got one that PagerDuty does not know. Choose the user from the list, or take the id from the address of the user’s page in PagerDuty.`,
      details: { field: input.field },
      cause,
    });
  }
}
