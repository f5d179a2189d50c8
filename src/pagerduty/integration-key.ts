import { ServiceError } from '../errors/service-error.js';

/**
 * What an integration key looks like, wherever one is taken. PagerDuty shows 32 letters and digits, but promises no form:
 * the other characters of its API keys are taken too.
 */
export const integrationKeyForm = { length: 32, pattern: '^[A-Za-z0-9_+-]{32}$' };

const form = new RegExp(integrationKeyForm.pattern);

/** Whether a text has the form of an integration key. Only PagerDuty can tell whether it is one. */
export function isIntegrationKey(text: string): boolean {
  return form.test(text);
}

/** An input that holds an integration key. */
export interface KeyInput {
  /** Wire name of the input. */
  readonly field: string;
  /** The name that designers show. */
  readonly label: string;
  /** The Events API of the integration that the key belongs to. Default: v2. */
  readonly api?: string;
}

/** The integration key of an Events API v2 integration, and the input that it came from. */
export interface RoutingKey extends KeyInput {
  readonly value: string;
}

/** PagerDuty has no integration with a key. The key is not repeated. */
export class UnknownIntegrationKeyError extends ServiceError {
  constructor({ field, label, api = 'Events API v2' }: KeyInput) {
    super({
      code: 'unknown_integration_key',
      statusCode: 400,
      message: `${label} (${field}): expected the integration key of an ${api} integration, got one that PagerDuty does not know. Copy it from the Integrations tab of the service in PagerDuty; an API key or a service id does not work here.`,
      details: { field },
    });
  }
}
