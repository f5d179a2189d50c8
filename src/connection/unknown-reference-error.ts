import { ServiceError } from '../errors/service-error.js';

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
