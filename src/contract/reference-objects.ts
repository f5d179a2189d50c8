import { nullableText, object, text, type WireSchema } from './property.js';

/** PagerDuty's references: an id, a type, a summary, and where the thing itself is. */
export const referenceObjects = {
  Service: referenceTo('Service', 'The service that the incident is on.', 'service'),
  EscalationPolicy: referenceTo(
    'Escalation Policy',
    'The policy that decides who is asked next when nobody acknowledges.',
    'escalation policy',
  ),
  Priority: referenceTo('Priority', 'A label for how important an incident is, such as P1.', 'priority'),
  Team: referenceTo('Team', 'A team of users.', 'team'),
  Assignee: referenceTo('Assignee', 'The user to whom an incident is assigned.', 'assignee'),
  Acknowledger: referenceTo('Acknowledger', 'The user or service that acknowledged an incident.', 'acknowledger'),
  LastStatusChangeBy: referenceTo(
    'Last Status Change By',
    'The user, service or integration that last changed the status of the incident.',
    'agent',
  ),
  FirstTriggerLogEntry: referenceTo(
    'First Trigger Log Entry',
    'The entry in the incident’s log that tells how it was triggered.',
    'log entry',
  ),
  ContactMethod: referenceTo('Contact Method', 'A way in which PagerDuty reaches the user.', 'contact method'),
  NotificationRule: referenceTo(
    'Notification Rule',
    'When and by which contact method PagerDuty notifies the user.',
    'notification rule',
  ),
  UserResponse: referenceTo('User Response', 'The user who added the note.', 'user'),
} satisfies Record<string, WireSchema>;

function referenceTo(summary: string, description: string, noun: string): WireSchema {
  const name = noun.replace(/\b\w/g, (letter) => letter.toUpperCase());
  return object(summary, description, {
    id: text(`${name} Id`, `PagerDuty’s identifier of the ${noun}.`),
    type: text(`${name} Type`, `What PagerDuty calls this kind of ${noun}, such as a reference to one.`),
    summary: nullableText(`${name} Summary`, `A short text that names the ${noun} to people.`),
    self: nullableText(`${name} API URL`, `The address of the ${noun} in PagerDuty’s REST API.`),
    html_url: nullableText(`${name} Web URL`, `The page of the ${noun} in PagerDuty’s web app.`),
  });
}
