import { advanced, nullableText, object, text, type WireSchema } from './property.js';

/** PagerDuty's references: an id, a type, a summary, and where the thing itself is. */
export const referenceObjects = {
  Service: referenceTo('Service', {
    description: 'The service that the incident is on.',
    type: 'service_reference',
  }),
  EscalationPolicy: referenceTo('Escalation Policy', {
    description: 'The policy that decides who is asked next when nobody acknowledges.',
    type: 'escalation_policy_reference',
  }),
  Priority: referenceTo('Priority', {
    description: 'A label for how important an incident is, such as P1.',
    type: 'priority_reference',
  }),
  Team: referenceTo('Team', { description: 'A team of users.', type: 'team_reference' }),
  Assignee: referenceTo('Assignee', {
    description: 'The user to whom an incident is assigned.',
    type: 'user_reference',
  }),
  Acknowledger: referenceTo('Acknowledger', {
    description: 'The user or service that acknowledged an incident.',
    type: 'user_reference',
  }),
  LastStatusChangeBy: referenceTo('Last Status Changer', {
    title: 'Last Status Change By',
    description: 'The user, service or integration that last changed the status of the incident.',
    type: 'user_reference',
  }),
  FirstTriggerLogEntry: referenceTo('First Trigger Log Entry', {
    description: 'The entry in the incident’s log that tells how it was triggered.',
    type: 'trigger_log_entry_reference',
    nameless: true,
  }),
  ContactMethod: referenceTo('Contact Method', {
    description: 'A way in which PagerDuty reaches the user.',
    type: 'email_contact_method_reference',
    nameless: true,
  }),
  NotificationRule: referenceTo('Notification Rule', {
    description: 'When and by which contact method PagerDuty notifies the user.',
    type: 'assignment_notification_rule_reference',
    nameless: true,
  }),
  UserResponse: referenceTo('User', {
    title: 'User Response',
    description: 'The user who added the note.',
    type: 'user_reference',
  }),
} satisfies Record<string, WireSchema>;

/** `name` begins the name of each property, so that designers tell those of one reference from those of another. */
function referenceTo(
  name: string,
  texts: {
    readonly title?: string;
    readonly description: string;
    /** A type that PagerDuty gives it, as an example. */
    readonly type: string;
    /** For what has no name: then its summary is a summary. */
    readonly nameless?: true;
  },
): WireSchema {
  const noun = name.toLowerCase();
  return object(texts.title ?? name, texts.description, {
    id: text(`${name} Id`, `PagerDuty’s identifier of the ${noun}.`),
    type: advanced(text(`${name} Type`, `What kind of object this is in PagerDuty, such as ${texts.type}.`)),
    summary: texts.nameless
      ? nullableText(`${name} Summary`, `The ${noun} in a few words.`)
      : nullableText(`${name} Name`, `The name of the ${noun}, as PagerDuty shows it.`),
    self: advanced(nullableText(`${name} API URL`, `The address of the ${noun} in PagerDuty’s REST API.`)),
    html_url: nullableText(`${name} Web URL`, `The page of the ${noun} in PagerDuty’s web app.`),
  });
}
