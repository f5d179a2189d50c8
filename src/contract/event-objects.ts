import { object, text, type WireSchema } from './property.js';

/** What is answered to events that PagerDuty took. */
export const eventObjects = {
  SendEventResponse: object('Send Event Response', 'PagerDuty’s receipt for the event.', {
    status: text('Event Status', 'What became of the event: success means that PagerDuty took it.'),
    message: text('Event Message', 'The same in PagerDuty’s words.'),
    dedup_key: text('Dedup Key', 'The key of the alert. Send it with events that acknowledge or resolve the alert.'),
  }),
  SendChangeEventResponse: object('Send Change Event Response', 'PagerDuty’s receipt for the change event.', {
    status: text('Event Status', 'What became of the change event: success means that PagerDuty took it.'),
    message: text('Event Message', 'The same in PagerDuty’s words.'),
  }),
} satisfies Record<string, WireSchema>;
