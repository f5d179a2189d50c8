import {
  advanced,
  dateTime,
  important,
  integer,
  listOf,
  nullableDateTime,
  nullableText,
  object,
  reference,
  text,
  type WireSchema,
} from './property.js';

/** An incident and what belongs to it, as callers see them. */
export const incidentObjects = {
  Incident: object('Incident', 'A PagerDuty incident as it is now.', {
    id: important(
      text('Incident Id', 'PagerDuty’s identifier of the incident. Use it as the incident of other actions.'),
    ),
    summary: important(
      text('Incident Title', 'The number and the title of the incident, such as [#12] The disk is full.'),
    ),
    html_url: important(nullableText('Incident Detail URL', 'The page of the incident in PagerDuty’s web app.')),
    created_at: dateTime('Create Date', 'When the incident was first triggered.'),
    status: {
      ...important(text('Current Status', 'Whether the incident is triggered, acknowledged or resolved.')),
      enum: ['triggered', 'acknowledged', 'resolved'],
    },
    incident_key: nullableText('Incident Key', 'The key under which further events reach the same incident.'),
    assignedUserId: nullableText(
      'Assigned User Id',
      'The identifier of the first user to whom the incident is assigned. Empty once it is resolved.',
    ),
    last_status_change_at: nullableDateTime('Last Status Change', 'When the status of the incident last changed.'),
    escalation_policy: reference('EscalationPolicy'),
    urgency: important(text('Current Urgency', 'How urgent the incident is: high or low.')),
    type: advanced(text('Incident Type', 'What kind of object this is in PagerDuty, which is incident.')),
    self: advanced(nullableText('Incident API URL', 'The address of the incident in PagerDuty’s REST API.')),
    incident_number: integer('Incident Number', 'The number by which people speak of the incident.'),
    pending_actions: listOf('PendingAction', 'Pending Actions', 'What PagerDuty will do with the incident by itself.'),
    service: reference('Service'),
    assignments: listOf('Assignment', 'Assignments', 'To whom the incident is assigned. Empty once it is resolved.'),
    acknowledgements: listOf(
      'Acknowledgement',
      'Acknowledgements',
      'Who acknowledged the incident. Empty while it is triggered and once it is resolved.',
    ),
    last_status_change_by: reference('LastStatusChangeBy'),
    first_trigger_log_entry: reference('FirstTriggerLogEntry'),
    teams: listOf('Team', 'Teams', 'The teams that are involved in the incident.'),
  }),
  IncidentsResponse: object('Incidents Response', 'Response for a list of incidents.', {
    incidents: listOf('Incident', 'List of Incidents', 'The incidents, one item for each.'),
  }),
  NewIncident: object('New Incident', 'A new incident.', {
    incident_key: important(text('Key', 'The key of the new incident, with which Get incident finds it.')),
  }),
  PendingAction: object('Pending Action', 'Something that PagerDuty will do with the incident by itself.', {
    type: text('Pending Action Type', 'What will happen: unacknowledge, escalate, resolve or urgency_change.'),
    at: dateTime('Pending Action Time', 'When it will happen.'),
  }),
  Assignment: object('Assignment', 'The assignment of the incident to a user.', {
    at: dateTime('Assignment Time', 'When the incident was assigned to the user.'),
    assignee: reference('Assignee'),
  }),
  Acknowledgement: object('Acknowledgement', 'The acknowledgement of the incident by a user or service.', {
    at: dateTime('Acknowledgement Time', 'When the incident was acknowledged.'),
    acknowledger: reference('Acknowledger'),
  }),
} satisfies Record<string, WireSchema>;

/** A note and what belongs to it, as callers see them. */
export const noteObjects = {
  Note: object('Note', 'A note on an incident.', {
    id: text('Note Id', 'PagerDuty’s identifier of the note.'),
    content: important(text('Note Content', 'The text of the note.')),
    created_at: dateTime('Note Create Date', 'When the note was added.'),
    user: reference('UserResponse'),
  }),
  NotesResponse: object('Notes Response', 'Response for a list of notes.', {
    notes: listOf('Note', 'List of Notes', 'The notes, one item for each.'),
  }),
  AddNoteResponse: object('Add Note Response', 'The note that was added, and the user who added it.', {
    user: reference('UserResponse'),
    note: reference('NoteResponse'),
  }),
  NoteResponse: object('Note Response', 'The note that was added.', {
    id: text('Note Id', 'PagerDuty’s identifier of the note.'),
    user: reference('UserResponse'),
    content: important(text('Note Content', 'The text of the note.')),
    created_at: dateTime('Note Create Date', 'When the note was added.'),
  }),
} satisfies Record<string, WireSchema>;

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
