import Type from 'typebox';
import { isIntegrationKey, type RoutingKey } from '../pagerduty/integration-key.js';
import { integrationKeyField, labelOf, textField, timeField, urlField } from '../wire/fields.js';
import { InvalidInputError } from '../wire/input-parser.js';
import { type Details, detailsField, listField } from '../wire/structured-fields.js';
import type { OperationContext } from './operation.js';

/** What events and change events have in common. */
export const timestampField = timeField({
  summary: 'Timestamp',
  description:
    'When it happened, such as 2026-01-05T09:00:00Z. If it is empty, PagerDuty takes the time at which it gets the event.',
});

export const detailsFields = {
  custom_details: Type.Optional(
    detailsField({
      summary: 'Custom Details',
      description: 'Anything else to know, as an object. PagerDuty shows it as a table.',
    }),
  ),
  details_text: Type.Optional(
    textField({
      summary: 'Details Text',
      description: 'Anything else to know, as a text. Use it instead of the custom details.',
    }),
  ),
};

export const linksField = listField({
  summary: 'Links',
  description: 'Pages that help, such as a runbook or the alert in the monitoring tool.',
  things: 'links',
  item: Type.Object(
    {
      href: urlField({ summary: 'Link URL', description: 'The address of the page.' }),
      text: Type.Optional(
        textField({
          summary: 'Link Text',
          description: 'What the link says. PagerDuty shows the address if it is empty.',
        }),
      ),
    },
    { expected: 'an object with href and perhaps text' },
  ),
});

export const imagesField = listField({
  summary: 'Images',
  description: 'Pictures to show, such as a graph.',
  things: 'images',
  item: Type.Object(
    {
      src: urlField({
        summary: 'Image Source',
        description: 'The address of the picture. It must begin with https.',
        scheme: 'https',
      }),
      href: Type.Optional(
        urlField({ summary: 'Image Link', description: 'The address of a page to open when the picture is clicked.' }),
      ),
      alt: Type.Optional(
        textField({ summary: 'Alternative Text', description: 'What the picture shows, for those who cannot see it.' }),
      ),
    },
    { expected: 'an object with src and perhaps href and alt' },
  ),
});

/**
 * The details, whichever input they came by.
 * @throws {InvalidInputError} if they came by both
 */
export function detailsOf(input: {
  readonly custom_details?: Details | undefined;
  readonly details_text?: string | undefined;
}): Details | undefined {
  const { custom_details, details_text } = input;
  if (custom_details !== undefined && details_text !== undefined) {
    throw new InvalidInputError({
      name: 'details_text',
      schema: detailsFields.details_text,
      got: details_text,
      condition: 'only where custom_details is left out',
    });
  }
  return custom_details ?? details_text;
}

/** The input that says which integration gets an event. */
export const routingKeyField = integrationKeyField({
  summary: 'Routing Key',
  description:
    'The integration key of an Events API v2 integration, 32 characters long. Leave it empty if the connection has one.',
  visibility: 'important',
});

/**
 * The integration that gets an event: the one that the call names, else the connection's own.
 * @throws {InvalidInputError} if neither names one, or the connection's cannot be one
 */
export function routingKeyOf(given: string | undefined, { routingKey }: OperationContext): RoutingKey {
  const label = labelOf(routingKeyField);
  if (given !== undefined) return { value: given, field: 'routing_key', label };
  const field = 'X-Routing-Key';
  if (routingKey === undefined) {
    throw new InvalidInputError({
      name: 'routing_key',
      schema: routingKeyField,
      got: undefined,
      condition: `here, or in the header ${field}`,
    });
  }
  if (!isIntegrationKey(routingKey)) {
    throw new InvalidInputError({ name: field, schema: routingKeyField, got: routingKey });
  }
  return { value: routingKey, field, label };
}
