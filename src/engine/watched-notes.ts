import type { Connection } from '../connection/connection.js';
import { PagerDutyResponseError } from '../pagerduty/errors.js';
import type { LogEntry, Note } from '../pagerduty/models.js';
import { matchKeyOf, type ObservedEvent, timeOf } from './events.js';

/** Which watched notes a poll reads. */
export type NotesToRead =
  | { readonly mode: 'all' }
  /** Those that are due because the timeline tells of them, or because a host has just come. */
  | { readonly mode: 'from-entries'; readonly entries: readonly LogEntry[] };

interface WatchedIncident {
  /** Some host wants the notes since then. */
  sinceMs: number;
  lastHostPollMs: number;
  /** In how many polls the notes are still to be read. */
  reads: number;
  readonly deliveredIds: Set<string>;
  readonly seenEntryIds: Set<string>;
}

/** A note may be listed later than the log entry about it: it is looked for in the next poll too. */
const readsForAnEntry = 2;
const lapseMs = 3_600_000;
const maxWatchedIncidents = 1_000;
const maxReadsPerPoll = 50;

/**
 * The incidents whose notes hosts wait for. Their notes are read when the timeline tells of one, and once when a host
 * comes. Notes keep for ever and have ids, so a host that comes back, to whatever process, gets what it has missed.
 */
export class WatchedNotes {
  readonly #incidents = new Map<string, WatchedIncident>();

  get isEmpty(): boolean {
    return this.#incidents.size === 0;
  }

  /** Watches the notes of an incident for a host that has them until `sinceMs`. */
  watch(incidentId: string, sinceMs: number, nowMs: number): void {
    const watched = this.#incidents.get(incidentId);
    if (watched === undefined) {
      this.#incidents.set(incidentId, {
        sinceMs,
        lastHostPollMs: nowMs,
        reads: 1,
        deliveredIds: new Set(),
        seenEntryIds: new Set(),
      });
      if (this.#incidents.size > maxWatchedIncidents) this.#forgetOldest();
      return;
    }
    // To the end, so that the first incident is the one whose hosts polled longest ago.
    this.#incidents.delete(incidentId);
    this.#incidents.set(incidentId, watched);
    watched.lastHostPollMs = nowMs;
    if (sinceMs < watched.sinceMs) {
      watched.sinceMs = sinceMs;
      watched.reads = Math.max(watched.reads, 1);
    }
  }

  /**
   * Reads notes, and gives those that were not delivered. If a call fails, its notes stay due, and the poll goes on.
   * `settle` must follow.
   * @param options.notBeforeMs older notes are no longer kept, and so not delivered
   */
  async read(
    connection: Connection,
    toRead: NotesToRead,
    { notBeforeMs, nowMs }: { readonly notBeforeMs: number; readonly nowMs: number },
  ): Promise<readonly ObservedEvent[]> {
    this.#forgetLapsed(nowMs);
    if (toRead.mode === 'from-entries') this.#scheduleReads(toRead.entries);
    const due = [...this.#incidents].filter(([, { reads }]) => toRead.mode === 'all' || reads > 0);
    const events: ObservedEvent[] = [];
    for (const [incidentId, watched] of due.slice(0, maxReadsPerPoll)) {
      const notes = await readNotes(connection, incidentId);
      if (notes === undefined) continue;
      watched.reads = Math.max(0, watched.reads - 1);
      const fromMs = Math.max(watched.sinceMs, notBeforeMs);
      for (const note of notes) {
        const atMs = timeOf(note.created_at) ?? nowMs;
        if (atMs >= fromMs && !watched.deliveredIds.has(note.id)) events.push(noteEvent(note, incidentId, atMs));
      }
    }
    return events.sort((a, b) => a.atMs - b.atMs);
  }

  /** Notes that went into the log are not delivered again; of an incident whose notes did not, all are read again. */
  settle(notes: readonly ObservedEvent[], isLogged: boolean): void {
    for (const { subject, payload } of notes) {
      const watched = this.#incidents.get(subject);
      if (watched === undefined) continue;
      if (!isLogged) watched.reads = Math.max(watched.reads, 1);
      else if ('id' in payload && typeof payload.id === 'string') watched.deliveredIds.add(payload.id);
    }
  }

  /** Lets everything be read again: the log may have lost what was delivered. */
  forgetDelivered(): void {
    for (const watched of this.#incidents.values()) {
      watched.deliveredIds.clear();
      watched.reads = Math.max(watched.reads, 1);
    }
  }

  #scheduleReads(entries: readonly LogEntry[]): void {
    for (const { id, type, incident } of entries) {
      const watched = this.#incidents.get(incident?.id ?? '');
      // A resolution text becomes a note too, and nothing says that an annotate entry is written for it.
      if (watched === undefined || (type !== 'annotate_log_entry' && type !== 'resolve_log_entry')) continue;
      if (watched.seenEntryIds.has(id)) continue;
      watched.seenEntryIds.add(id);
      watched.reads = readsForAnEntry;
    }
  }

  #forgetLapsed(nowMs: number): void {
    for (const [incidentId, { lastHostPollMs }] of this.#incidents) {
      if (nowMs - lastHostPollMs > lapseMs) this.#incidents.delete(incidentId);
    }
  }

  #forgetOldest(): void {
    const [oldest] = this.#incidents.keys();
    if (oldest !== undefined) this.#incidents.delete(oldest);
  }
}

async function readNotes(connection: Connection, incidentId: string): Promise<readonly Note[] | undefined> {
  try {
    return (await connection.incidents.notes(incidentId)).items;
  } catch (error) {
    // An incident that does not exist, or that the key may not see, has no notes to deliver.
    if (error instanceof PagerDutyResponseError && (error.pagerDutyStatus === 404 || error.pagerDutyStatus === 403))
      return [];
    // Anything else may pass.
    return undefined;
  }
}

function noteEvent(note: Note, incidentId: string, atMs: number): ObservedEvent {
  const named = { kind: 'noted', incidentId, subject: incidentId } as const;
  return { ...named, key: `noted ${note.id}`, matchKey: matchKeyOf(named, atMs), atMs, payload: note };
}
