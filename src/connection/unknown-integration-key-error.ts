import { ServiceError } from '../errors/service-error.js';

/** An input that holds an integration key. */
export interface KeyInput {
  /** Wire name of the input. */
  readonly field: string;
  /** The name that designers show. */
  readonly label: string;
  /** What the key belongs to: "an Events API v2 integration". */
  readonly owner: string;
}

/** PagerDuty has no integration with a key. The key is not repeated. */
export class UnknownIntegrationKeyError extends ServiceError {
  constructor({ field, label, owner }: KeyInput) {
    super({
      code: 'unknown_integration_key',
      statusCode: 400,
      message: `${label} (${field}): expected the integration key of ${owner}, got one that PagerDuty does not know. Copy it from the Integrations tab of the service in PagerDuty; an API key or a service id does not work here.`,
      details: { field },
    });
  }
}
