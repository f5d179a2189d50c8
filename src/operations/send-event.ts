import Type, { type Static } from 'typebox';
import { choiceField, textField, urlField } from '../wire/fields.js';
import { InvalidInputError } from '../wire/input-parser.js';
import { serialize } from '../wire/wire-objects.js';
import {
  detailsFields,
  detailsOf,
  imagesField,
  linksField,
  routingKeyField,
  routingKeyOf,
  timestampField,
} from './event-fields.js';
import { defineOperation, type OperationContext } from './operation.js';

const input = Type.Object({
  routing_key: Type.Optional(routingKeyField),
  event_action: Type.Optional(
    choiceField({
      summary: 'Event Action',
      description: 'Whether to report a problem, or to acknowledge or resolve the alert of an earlier event.',
      visibility: 'important',
      choices: ['trigger', 'acknowledge', 'resolve'],
      default: 'trigger',
    }),
  ),
  summary: Type.Optional(
    textField({
      summary: 'Event Summary',
      description: 'What happened, in up to 1024 characters. Needed to trigger.',
      visibility: 'important',
      maxLength: 1024,
    }),
  ),
  severity: Type.Optional(
    choiceField({
      summary: 'Severity',
      description: 'How bad it is. Needed to trigger.',
      visibility: 'important',
      choices: ['info', 'warning', 'error', 'critical'],
    }),
  ),
  source: Type.Optional(
    textField({
      summary: 'Source',
      description: 'Which system has the problem, such as the name of a host. Needed to trigger.',
      visibility: 'important',
    }),
  ),
  dedup_key: Type.Optional(
    textField({
      summary: 'Dedup Key',
      description:
        'The key of the alert, up to 255 characters. Events with the same key are one alert. Needed to acknowledge and to resolve.',
      visibility: 'important',
      maxLength: 255,
    }),
  ),
  component: Type.Optional(
    textField({ summary: 'Component', description: 'The part of the system that is broken, such as mysql.' }),
  ),
  group: Type.Optional(
    textField({ summary: 'Group', description: 'What the system belongs to, such as prod-datapipe.' }),
  ),
  class: Type.Optional(textField({ summary: 'Class', description: 'What kind of event it is, such as disk usage.' })),
  ...detailsFields,
  images: Type.Optional(imagesField),
  links: Type.Optional(linksField),
  client: Type.Optional(
    textField({ summary: 'Client', description: 'The name of the monitoring tool that found the problem.' }),
  ),
  client_url: Type.Optional(
    urlField({ summary: 'Client URL', description: 'The address of the alert in that monitoring tool.' }),
  ),
  timestamp: Type.Optional(timestampField),
});

export const sendEvent = defineOperation({
  id: 'SendEvent',
  summary: 'Send event',
  description:
    'Sends an event to the service that an integration key belongs to: it triggers, acknowledges or resolves an alert.',
  method: 'POST',
  path: '/events/send',
  needsApiKey: false,
  input,
  body: { name: 'SendEventRequest', description: 'Request to send an event.' },
  output: 'SendEventResponse',
  outputDescription: 'PagerDuty has taken the event; in a few seconds it shows.',
  check: checkTogether,
  async run(event, context) {
    // With a key of our own an event without one can be sent again if PagerDuty's answer is lost.
    const dedup_key = event.dedup_key ?? context.uniqueKey();
    const accepted = await context.connection.events.send(routingKeyOf(event.routing_key, context), {
      event_action: event.event_action ?? 'trigger',
      dedup_key,
      client: event.client,
      client_url: event.client_url,
      payload: payloadOf(event),
      images: event.images?.map(({ src, href, alt }) => ({ src, href, alt })),
      links: event.links?.map(({ href, text }) => ({ href, text })),
    });
    return serialize('SendEventResponse', accepted);
  },
});

type Event = Static<typeof input>;

/** What PagerDuty needs depends on the action. */
function checkTogether(event: Event, context: OperationContext): void {
  routingKeyOf(event.routing_key, context);
  detailsOf(event);
  const action = event.event_action ?? 'trigger';
  const needed = action === 'trigger' ? (['summary', 'severity', 'source'] as const) : (['dedup_key'] as const);
  for (const name of needed) {
    if (event[name] !== undefined) continue;
    const condition = `where the event action is ${action}`;
    throw new InvalidInputError({ name, schema: input.properties[name], got: undefined, condition });
  }
}

/** An acknowledgement or a resolution may come with a payload too, by which PagerDuty's event rules can route it. */
function payloadOf(event: Event): object | undefined {
  const { summary, severity, source, component, group, timestamp } = event;
  const details = { custom_details: detailsOf(event) };
  const payload = { summary, source, severity, timestamp, component, group, class: event.class, ...details };
  return Object.values(payload).some((value) => value !== undefined) ? payload : undefined;
}
