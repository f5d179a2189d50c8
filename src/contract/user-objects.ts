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
