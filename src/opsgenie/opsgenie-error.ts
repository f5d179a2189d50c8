import { ServiceError } from '../errors/service-error.js';

/** What an Opsgenie client is told of an error, beside its message. */
export interface OpsgenieError {
  readonly statusCode: number;
  /** What is wrong, by field; with 422 only. */
  readonly errors?: Readonly<Record<string, string>>;
  /** Opsgenie's internal code; with 403 only. */
  readonly code?: number;
}

/**
 * The status that makes an Opsgenie client do the right thing: 429 and 503 are tried again, every other is final. So
 * only an error that trying again cannot cure is final: a wrong key, and an event whose content PagerDuty refuses.
 * https://docs.opsgenie.com/docs/response
 */
export function opsgenieError(error: ServiceError): OpsgenieError {
  if (error instanceof InvalidAlertError) return { statusCode: error.statusCode, errors: error.errors };
  // The key is known and the request is not supported, in Opsgenie's list of codes.
  if (error.code === 'opsgenie_unsupported') return { statusCode: error.statusCode, code: 40302 };
  if (error.code === 'unknown_integration_key') return { statusCode: 401 };
  if (!error.code.startsWith('pagerduty_')) return { statusCode: error.statusCode };
  const status = error.details.pagerduty?.status;
  return { statusCode: status === 400 ? 422 : status === 413 || status === 429 ? status : 503 };
}

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
