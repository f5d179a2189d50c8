import { dateTime, important, listOf, object, reference, text, type WireSchema } from './property.js';

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
