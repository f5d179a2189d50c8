import Type from 'typebox';
import { idField, textField } from '../wire/fields.js';
import { present } from '../wire/wire-objects.js';
import { onceOnly } from './once-only.js';
import { defineOperation } from './operation.js';

export const addNoteToIncident = defineOperation({
  id: 'AddNoteToIncident',
  summary: 'Add note to incident',
  description: 'Adds a note to an incident on behalf of a user.',
  method: 'POST',
  path: '/incidents/{incidentId}/notes',
  input: Type.Object({
    incidentId: idField({
      summary: 'Incident',
      description: 'The incident that gets the note.',
      lookup: 'ListIncidents',
    }),
    userId: idField({
      summary: 'Added by',
      description: 'The user who adds the note.',
      lookup: 'ListUsers',
    }),
    note: textField({ summary: 'Note', description: 'The text of the note.', maxLength: 65_535 }),
  }),
  body: { name: 'AddNoteRequest', description: 'Request to add a note to an incident.' },
  output: 'AddNoteResponse',
  outputDescription: 'The note that was added, and the user who added it.',
  async run({ incidentId, userId, note: content }, { connection }) {
    const from = await connection.emailOf({ userId, field: 'userId', label: 'Added by' });
    const note = await onceOnly('Look at the notes of the incident', () =>
      connection.incidents.addNote({ id: incidentId, from, content }),
    );
    return present('AddNoteResponse', { user: note.user, note: present('NoteResponse', note) });
  },
});
