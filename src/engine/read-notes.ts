import type { Note } from '../pagerduty/models.js';
import { matchKeyOf, type ObservedEvent, timeOf } from './events.js';

/** What notes are read from: a connection. */
export interface NoteSource {
  readonly incidents: { notes(incidentId: string): Promise<{ readonly items: readonly Note[] }> };
}

/** A note, as far as the engine goes by it. */
export interface ReadNote {
  readonly id: string;
  /** Undefined if PagerDuty gives no time that can be read. */
  readonly createdAtMs: number | undefined;
  /** The note as it came. */
  readonly payload: object;
}

/** Reads an incident's notes, each once. */
export async function readNotes(source: NoteSource, incidentId: string): Promise<readonly ReadNote[]> {
  const { items } = await source.incidents.notes(incidentId);
  const notes = items.map((note): ReadNote => ({ id: note.id, createdAtMs: timeOf(note.created_at), payload: note }));
  return [...new Map(notes.map((note) => [note.id, note])).values()];
}

/** The events of an incident's notes. @param unreadableAtMs the time of a note that has none that can be read */
export function noteEvents(
  notes: readonly ReadNote[],
  incidentId: string,
  unreadableAtMs: number,
): readonly ObservedEvent[] {
  const named = { kind: 'noted', incidentId, subject: incidentId } as const;
  return notes.map(({ id, createdAtMs: atMs = unreadableAtMs, payload }) => {
    return { ...named, key: noteKey(id), matchKey: matchKeyOf(named, atMs), atMs, payload };
  });
}

/** Names a note for ever. */
export function noteKey(id: string): string {
  return `noted ${id}`;
}
