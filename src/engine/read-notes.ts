<<<<<<< HEAD
import type { Note } from '../pagerduty/models.js';
=======
>>>>>>> notes
import { timeOf } from './events.js';

/** What notes are read from: a connection. */
export interface NoteSource {
<<<<<<< HEAD
  readonly incidents: { notes(incidentId: string): Promise<{ readonly items: readonly Note[] }> };
=======
  readonly incidents: { notes(incidentId: string): Promise<readonly unknown[]> };
>>>>>>> notes
}

/** A note, as far as the engine goes by it. */
export interface ReadNote {
  readonly id: string;
  /** Undefined if PagerDuty gives no time that can be read. */
  readonly createdAtMs: number | undefined;
  /** The note as it came. */
  readonly payload: object;
}

<<<<<<< HEAD
/** Reads an incident's notes, each once. */
export async function readNotes(source: NoteSource, incidentId: string): Promise<readonly ReadNote[]> {
  const { items } = await source.incidents.notes(incidentId);
  const notes = items.map((note): ReadNote => ({ id: note.id, createdAtMs: timeOf(note.created_at), payload: note }));
  return [...new Map(notes.map((note) => [note.id, note])).values()];
=======
/**
 * Reads an incident's notes, each once and by itself: an odd one hides no other. One without an id cannot be told from
 * others, and is passed over.
 */
export async function readNotes(source: NoteSource, incidentId: string): Promise<readonly ReadNote[]> {
  const notes = new Map<string, ReadNote>();
  for (const note of await source.incidents.notes(incidentId)) {
    if (typeof note !== 'object' || note === null || !('id' in note)) continue;
    if (typeof note.id !== 'string' || note.id === '') continue;
    const createdAt = 'created_at' in note && typeof note.created_at === 'string' ? note.created_at : undefined;
    notes.set(note.id, { id: note.id, createdAtMs: timeOf(createdAt), payload: note });
  }
  return [...notes.values()];
>>>>>>> notes
}

/** Names a note for ever. */
export function noteKey(id: string): string {
  return `noted ${id}`;
}
