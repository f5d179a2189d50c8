import type { Connection } from '../connection/connection.js';
import { PagerDutyResponseError } from '../pagerduty/errors.js';
import type { LogEntry, Note } from '../pagerduty/models.js';
import { aliasOf, type Happening, timeOf } from './happening.js';

interface NoteWatch {
  /** Some host wants the notes since then. */
  sinceMs: number;
  lastAskedMs: number;
  /** In how many polls the notes are still to be read. */
  reads: number;
  readonly toldIds: Set<string>;
  readonly seenEntryIds: Set<string>;
}

/** A note may be listed later than the log entry about it: it is looked for in the next poll too. */
const readsForAnEntry = 2;
const lapseMs = 3_600_000;
const mostWatches = 1_000;
const mostReadsAPoll = 50;

/**
 * The incidents whose notes hosts wait for. Their notes are read when the timeline tells of one, and once when a host
 * comes: notes keep for ever and have ids, so a host that comes back, to whatever process, is told what it has missed.
 */
export class NoteWatches {
  readonly #watches = new Map<string, NoteWatch>();

  get isEmpty(): boolean {
    return this.#watches.size === 0;
  }

  /** Notes the interest of a host in an incident, whose notes it has until `sinceMs`. */
  ask(incidentId: string, sinceMs: number, nowMs: number): void {
    const watch = this.#watches.get(incidentId);
    if (watch === undefined) {
      const fresh = {
        sinceMs,
        lastAskedMs: nowMs,
        reads: 1,
        toldIds: new Set<string>(),
        seenEntryIds: new Set<string>(),
      };
      this.#watches.set(incidentId, fresh);
      if (this.#watches.size > mostWatches) this.#forgetOldest();
      return;
    }
    // Moved to the end, so that the first ones are those asked for least lately.
    this.#watches.delete(incidentId);
    this.#watches.set(incidentId, watch);
    watch.lastAskedMs = nowMs;
    if (sinceMs < watch.sinceMs) {
      watch.sinceMs = sinceMs;
      watch.reads = Math.max(watch.reads, 1);
    }
  }

  /**
   * Reads the notes that are due and gives those that have not been told. A failure leaves them due, and everything
   * else that the poll has found as it is.
   * @param entries what the timeline tells; undefined where it cannot be read, so that all watched notes are due
   * @param notBeforeMs notes older than this are no longer kept, and so not told
   */
  async read(
    connection: Connection,
    options: { entries: readonly LogEntry[] | undefined; notBeforeMs: number; nowMs: number },
  ): Promise<readonly Happening[]> {
    this.#forgetLapsed(options.nowMs);
    this.#noteEntries(options.entries);
    const due = [...this.#watches].filter(([, { reads }]) => reads > 0 || options.entries === undefined);
    const happenings: Happening[] = [];
    for (const [incidentId, watch] of due.slice(0, mostReadsAPoll)) {
      const notes = await readNotes(connection, incidentId);
      if (notes === undefined) continue;
      watch.reads = Math.max(0, watch.reads - 1);
      const fromMs = Math.max(watch.sinceMs, options.notBeforeMs);
      for (const note of notes) {
        const atMs = timeOf(note.created_at) ?? options.nowMs;
        if (atMs >= fromMs && !watch.toldIds.has(note.id)) happenings.push(happeningOf(note, incidentId, atMs));
      }
    }
    return happenings.sort((a, b) => a.atMs - b.atMs);
  }

  /** Notes what went into the log, so that it is not told again. */
  told(happenings: readonly Happening[]): void {
    for (const { subject, payload } of happenings) {
      if ('id' in payload && typeof payload.id === 'string') this.#watches.get(subject)?.toldIds.add(payload.id);
    }
  }

  /** Lets everything be read again: what was found has not gone into the log. */
  untold(happenings: readonly Happening[]): void {
    for (const { subject } of happenings) {
      const watch = this.#watches.get(subject);
      if (watch !== undefined) watch.reads = Math.max(watch.reads, 1);
    }
  }

  /** Lets everything be read again: the log may have lost what was told. */
  lost(): void {
    for (const watch of this.#watches.values()) {
      watch.toldIds.clear();
      watch.reads = Math.max(watch.reads, 1);
    }
  }

  #noteEntries(entries: readonly LogEntry[] | undefined): void {
    for (const { id, type, incident } of entries ?? []) {
      const watch = this.#watches.get(incident?.id ?? '');
      // A resolution text becomes a note too, and nothing says that an annotate entry is written for it.
      if (watch === undefined || (type !== 'annotate_log_entry' && type !== 'resolve_log_entry')) continue;
      if (watch.seenEntryIds.has(id)) continue;
      watch.seenEntryIds.add(id);
      watch.reads = readsForAnEntry;
    }
  }

  #forgetLapsed(nowMs: number): void {
    for (const [incidentId, { lastAskedMs }] of this.#watches) {
      if (nowMs - lastAskedMs > lapseMs) this.#watches.delete(incidentId);
    }
  }

  #forgetOldest(): void {
    const [oldest] = this.#watches.keys();
    if (oldest !== undefined) this.#watches.delete(oldest);
  }
}

async function readNotes(connection: Connection, incidentId: string): Promise<readonly Note[] | undefined> {
  try {
    return await connection.incidents.notes(incidentId);
  } catch (error) {
    // An incident that does not exist, or that the key may not see, has no notes to tell.
    if (error instanceof PagerDutyResponseError && (error.pagerDutyStatus === 404 || error.pagerDutyStatus === 403))
      return [];
    // Anything else may pass: the notes stay due, and the poll goes on without them.
    return undefined;
  }
}

function happeningOf(note: Note, incidentId: string, atMs: number): Happening {
  const named = { kind: 'noted', incidentId, subject: incidentId } as const;
  return { ...named, key: `noted ${note.id}`, alias: aliasOf(named, atMs), atMs, payload: note };
}
