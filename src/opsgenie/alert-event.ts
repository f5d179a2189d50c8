import Type, { type Static } from 'typebox';
import type { EventBody } from '../pagerduty/events-api.js';
import { requestReader } from './request-reader.js';

const severities = { P1: 'critical', P2: 'error', P3: 'warning', P4: 'info', P5: 'info' } as const;

/** PagerDuty takes no longer summary. */
const maxSummaryLength = 1024;

/** Opsgenie's priority of an alert that names none. */
export const defaultPriority = 'P3';

/**
 * The alert as a PagerDuty event that triggers. Fields that PagerDuty does not have go into its custom details as they
 * came, and so does a message that had to be cut. https://developer.pagerduty.com/docs/send-alert-event
 */
export function alertEvent(alert: AlertRequest, dedupKey: string): EventBody & { readonly dedup_key: string } {
  const { message, alias, description, source, entity, details, user, note } = alert;
  const { tags, actions, responders, recipients, teams, visibleTo } = alert;
  const priority = alert.priority ?? defaultPriority;
  const summary = summaryOf(message);
  return {
    event_action: 'trigger',
    dedup_key: dedupKey,
    payload: {
      summary,
      // PagerDuty takes no event without a source; Opsgenie takes the sender's address for it.
      source: filled(source) ?? filled(entity) ?? 'Opsgenie API',
      severity: severities[priority],
      component: filled(entity),
      custom_details: {
        ...(summary === message ? {} : { message }),
        ...(filled(alias) === undefined || alias === dedupKey ? {} : { alias }),
        description: filled(description),
        priority,
        details,
        tags,
        actions,
        responders,
        recipients,
        teams,
        visibleTo,
        user: filled(user),
        note: filled(note),
      },
    },
  };
}

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
 * Reads the body of Create Alert. No length is refused: a text too long for PagerDuty is cut when the event is made.
 * @throws {InvalidAlertError} that names every field that is wrong
 */
export const readAlertRequest = requestReader(AlertRequest);

const NoteRequest = Type.Object({
  note: Type.String({ pattern: '\\S', title: 'should be a text that is not empty' }),
  user: text,
  source: text,
});

/** The body of Add Note to Alert: https://docs.opsgenie.com/docs/alert-api#add-note-to-alert */
export type NoteRequest = Static<typeof NoteRequest>;

/** Reads the body of Add Note to Alert. @throws {InvalidAlertError} that names every field that is wrong */
export const readNoteRequest = requestReader(NoteRequest);

/**
 * A note to an alert as a PagerDuty change event, which PagerDuty shows among the recent changes of the service and
 * beside its open incidents. An alert event could carry the note too, but would open an incident, and notify somebody,
 * if the alert's own has been resolved. https://developer.pagerduty.com/docs/send-change-event
 */
export function noteChange({ note, user, source }: NoteRequest, dedupKey: string): EventBody {
  return {
    payload: {
      summary: summaryOf(`Note on ${dedupKey}: ${note}`),
      source: filled(source) ?? 'Opsgenie API',
      custom_details: { note, user: filled(user), dedup_key: dedupKey },
    },
  };
}

/** A text that says something; undefined for any other. */
export function filled(text: string | undefined): string | undefined {
  return text === undefined || text.trim() === '' ? undefined : text;
}

/** The beginning of a text, as long as PagerDuty takes it for a summary. */
export function summaryOf(text: string): string {
  if (text.length <= maxSummaryLength) return text;
  // Half of a character at the end would make PagerDuty refuse the event.
  return `${text.slice(0, maxSummaryLength - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
