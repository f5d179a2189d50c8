import Type, { type Static } from 'typebox';
import { requestReader } from './request-reader.js';

const text = Type.Optional(Type.String({ title: 'should be a text' }));

const NoteRequest = Type.Object({
  note: Type.String({ pattern: '\\S', title: 'should be a text that is not empty' }),
  user: text,
  source: text,
});

/** The body of Add Note to Alert: https://docs.opsgenie.com/docs/alert-api#add-note-to-alert */
export type NoteRequest = Static<typeof NoteRequest>;

/** Reads the body of Add Note to Alert. @throws {InvalidAlertError} that names every field that is wrong */
export const readNoteRequest = requestReader(NoteRequest);
