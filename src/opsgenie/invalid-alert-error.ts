import { ServiceError } from '../errors/service-error.js';

/** A request that is not one of Opsgenie's. What came is not repeated. */
export class InvalidAlertError extends ServiceError {
  /** What is wrong, by the field's name: the `errors` of Opsgenie's answer. */
  readonly errors: Readonly<Record<string, string>>;

  constructor(errors: Readonly<Record<string, string>>) {
    super({
      code: 'invalid_alert',
      statusCode: 422,
      // The words of Opsgenie's own answer, which senders have been seen to look for.
      message: 'Request body is not processable. Please check the errors.',
      details: {},
    });
    this.errors = errors;
  }
}
