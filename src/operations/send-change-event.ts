import Type from 'typebox';
import { textField } from '../wire/fields.js';
import { serialize } from '../wire/wire-objects.js';
import { detailsFields, detailsOf, linksField, routingKeyField, routingKeyOf, timestampField } from './event-fields.js';
import { defineOperation } from './operation.js';
import { sendOnce } from './send-once.js';

export const sendChangeEvent = defineOperation({
  id: 'SendChangeEvent',
  summary: 'Send change event',
  description:
    'Tells the service that an integration key belongs to about a change, such as a deployment. It creates no incident and notifies nobody.',
  method: 'POST',
  path: '/events/change',
  needsApiKey: false,
  input: Type.Object({
    routing_key: Type.Optional(routingKeyField),
    summary: textField({
      summary: 'Change Summary',
      description: 'What was changed, in up to 1024 characters.',
      maxLength: 1024,
    }),
    source: Type.Optional(
      textField({ summary: 'Source', description: 'Where the change was made, such as the name of a pipeline.' }),
    ),
    timestamp: Type.Optional(timestampField),
    ...detailsFields,
    links: Type.Optional(linksField),
  }),
  body: { name: 'SendChangeEventRequest', description: 'Request to send a change event.' },
  output: 'SendChangeEventResponse',
  outputDescription: 'PagerDuty has taken the change event; in a few seconds it shows.',
  check(change, context) {
    routingKeyOf(change.routing_key, context);
    detailsOf(change);
  },
  async run(change, context) {
    const { summary, source, timestamp } = change;
    const key = routingKeyOf(change.routing_key, context);
    const accepted = await sendOnce('Look at the recent changes of the service', () =>
      context.connection.events.sendChange(key, {
        payload: { summary, source, timestamp, custom_details: detailsOf(change) },
        links: change.links?.map(({ href, text }) => ({ href, text })),
      }),
    );
    return serialize('SendChangeEventResponse', accepted);
  },
});
