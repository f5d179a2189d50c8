import { advanced, flag, important, listOf, nullableText, object, text, type WireSchema } from './property.js';

/** A user and what belongs to it, as callers see them. */
export const userObjects = {
  User: object('User', 'A PagerDuty user.', {
    id: important(text('User Id', 'PagerDuty’s identifier of the user. Use it wherever an action asks for a user.')),
    type: advanced(text('User Type', 'What kind of object this is in PagerDuty, which is user.')),
    summary: advanced(nullableText('User Summary', 'The name of the user, as PagerDuty shows it in lists.')),
    self: advanced(nullableText('User API URL', 'The address of the user in PagerDuty’s REST API.')),
    html_url: nullableText('User Web URL', 'The page of the user in PagerDuty’s web app.'),
    name: important(text('Name', 'The full name of the user.')),
    email: important(text('Email Address', 'The e-mail address with which the user signs in.')),
    time_zone: nullableText('Time Zone', 'The preferred time zone. If it is empty, the account’s time zone is used.'),
    color: advanced(nullableText('Color', 'The color in which schedules show the user.')),
    avatar_url: advanced(nullableText('Avatar URL', 'The address of the user’s picture.')),
    billed: advanced(flag('Billed', 'Whether the account pays for the user.')),
    role: text('Role', 'What the user may do in the account, such as admin, user or observer.'),
    description: nullableText('User Description', 'What the user says about themselves.'),
    invitation_sent: advanced(flag('Invitation Sent', 'Whether the user was invited and has not signed in yet.')),
    job_title: nullableText('Job Title', 'What the user’s job is called.'),
    contact_methods: listOf('ContactMethod', 'Contact Methods', 'The ways in which PagerDuty reaches the user.'),
    notification_rules: listOf('NotificationRule', 'Notification Rules', 'When PagerDuty notifies the user, and how.'),
    teams: listOf('Team', 'Teams', 'The teams to which the user belongs.'),
    coordinated_incidents: listOf('Incident', 'Coordinated Incidents', 'The incidents that the user coordinates.'),
  }),
  UsersResponse: object('Users Response', 'Response for a list of users.', {
    users: listOf('User', 'List of Users', 'The users, one item for each.'),
  }),
  EscalationPoliciesResponse: object('Escalation Policies Response', 'Response for a list of escalation policies.', {
    escalation_policies: listOf(
      'EscalationPolicy',
      'List of Escalation Policies',
      'The escalation policies, one item for each.',
    ),
  }),
  ServicesResponse: object('Services Response', 'Response for a list of services.', {
    services: listOf('Service', 'Services', 'The services, one item for each.'),
  }),
  PrioritiesResponse: object('Priorities Response', 'Response for a list of priorities.', {
    priorities: listOf('Priority', 'Priorities', 'The priorities, from the most to the least severe.'),
  }),
  ConnectionTest: object('Connection Test', 'What the API key of the connection may do.', {
    access: { ...text('Access', 'Whether the key may change things: full or read-only.'), enum: ['full', 'read-only'] },
    message: text('Message', 'The same for people, with what to do about it.'),
  }),
} satisfies Record<string, WireSchema>;

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
  MergedIncident: referenceTo('Incident', {
    title: 'Merged Incident',
    description: 'The incident that the others were merged into.',
    type: 'incident_reference',
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
