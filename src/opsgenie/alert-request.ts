import Type, { type Static } from 'typebox';
import { requestReader } from './request-reader.js';

const text = Type.Optional(Type.String({ title: 'should be a text' }));
const anything = Type.Optional(Type.Unknown());

/** The fields of Create Alert that are carried over. */
export const AlertRequest = Type.Object({
  message: Type.String({ pattern: '\\S', title: 'should be a text that is not empty' }),
  alias: text,
  description: text,
  source: text,
  entity: text,
  priority: Type.Optional(
    Type.Enum(['P1', 'P2', 'P3', 'P4', 'P5'], { title: 'should be one of [ P1, P2, P3, P4, P5 ]' }),
  ),
  details: Type.Optional(
    Type.Record(Type.String(), Type.Unknown(), { title: 'should be an object of names and texts' }),
  ),
  user: text,
  note: text,
  // These are only carried along, so an alert is not refused for the form of one of them. Sentry's plugin, for example,
  // sends its recipients as one text.
  tags: anything,
  actions: anything,
  responders: anything,
  recipients: anything,
  teams: anything,
  visibleTo: anything,
});

/** The body of Create Alert: https://docs.opsgenie.com/docs/alert-api#create-alert */
export type AlertRequest = Static<typeof AlertRequest>;

/**
 * Reads the body of Create Alert. No length is refused: what PagerDuty cannot take whole is cut where the event is made.
 * @throws {InvalidAlertError} that names every field that is wrong
 */
export const readAlertRequest = requestReader(AlertRequest);
