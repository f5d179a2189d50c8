import Type from 'typebox';
import { actingUserField, incidentField, textField } from '../wire/fields.js';
import { serialize } from '../wire/wire-objects.js';
import { defineOperation } from './operation.js';
import { actingEmail } from './references.js';
import { sendOnce } from './send-once.js';

const input = Type.Object({
  incidentId: incidentField('that gets the note'),
  userId: actingUserField('Added by', 'adds the note'),
  note: textField({ summary: 'Note', description: 'The text of the note.', maxLength: 65_535 }),
});

export const addNoteToIncident = defineOperation({
  id: 'AddNoteToIncident',
  summary: 'Add note to incident',
  description: 'Adds a note to an incident on behalf of a user.',
  method: 'POST',
  path: '/incidents/{incidentId}/notes',
  input,
  body: { name: 'AddNoteRequest', description: 'Request to add a note to an incident.' },
  output: 'AddNoteResponse',
  outputDescription: 'The note that was added, and the user who added it.',
  async run({ incidentId, userId, note: content }, { connection }) {
    const from = await actingEmail(connection, input, userId);
    const note = await sendOnce('Look at the notes of the incident', () =>
      connection.incidents.addNote({ id: incidentId, from, content }),
    );
    return serialize('AddNoteResponse', { user: note.user, note: serialize('NoteResponse', note) });
  },
});
