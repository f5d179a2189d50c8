import type { RoutingKey } from '../connection/event-sender.js';
import { secretField } from '../contract/fields.js';
import { InvalidInputError } from '../contract/invalid-input-error.js';
import type { OperationContext } from './operation.js';

const owner = 'an Events API v2 integration';

/** The input that says which integration gets an event. */
export const routingKeyField = secretField({
  summary: 'Routing Key',
  description:
    'The integration key of an Events API v2 integration, 32 characters long. Leave it empty if the connection has one.',
  visibility: 'important',
  length: 32,
  expected: 'an integration key of 32 letters and digits',
});

/**
 * The integration that gets an event: the one that the call names, else the connection's own.
 * @throws {InvalidInputError} where neither names one, or the connection's cannot be one
 */
export function routingKeyOf(given: string | undefined, { routingKey }: OperationContext): RoutingKey {
  if (given !== undefined) return { value: given, field: 'routing_key', label: 'Routing Key', owner };
  const field = 'X-Routing-Key';
  if (routingKey === undefined) {
    throw new InvalidInputError({
      name: 'routing_key',
      schema: routingKeyField,
      got: undefined,
      condition: `here, or in the header ${field}`,
    });
  }
  if (!/^[A-Za-z0-9_+-]{32}$/.test(routingKey)) {
    throw new InvalidInputError({ name: field, schema: routingKeyField, got: routingKey });
  }
  return { value: routingKey, field, label: 'Routing Key', owner };
}
