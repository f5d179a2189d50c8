import type { Clock } from '../clock/clock.js';
import type { ObservedEvent } from './events.js';
import * as schedules from './note-schedule.js';
import { type NoteSource, readNotes } from './read-notes.js';
import { forgetFirst, type NoteEntry, WatchedIncident } from './watched-incident.js';

/** Which watched notes a poll reads. */
export type NotesToRead =
  /** All, one after the other: there is no timeline to go by. */
  | { readonly mode: 'all' }
  /** Those that the timeline tells of, and those of a host that has just come. */
  | { readonly mode: 'from-entries'; readonly entries: readonly NoteEntry[] };

/** What a poll has read of the watched notes. */
export interface NotesRead {
  /** Those that were not delivered, in order of time. */
  readonly events: readonly ObservedEvent[];
  /** How many calls were made. */
  readonly reads: number;
  /** How many of them failed. Their notes stay due. */
  readonly failed: number;
  /** Why the first of them failed. */
  readonly failure: unknown;
}

const lapseMs = 3_600_000;
const maxWatchedIncidents = 1_000;
const maxLastReads = 10_000;
const maxReadsPerPoll = 50;
/** No read begins later than this in a poll: if each one times out, hosts are not to wait for fifty. */
const maxReadingMs = 20_000;

/**
 * The incidents whose notes hosts wait for, and when each is read. Notes keep for ever and have ids, so a host that comes
 * back, to whatever process, gets what it has missed. That a note was edited or deleted is no event.
 */
export class WatchedNotes {
  readonly #clock: Pick<Clock, 'monotonic'>;
  /** In the order in which they came. */
  readonly #incidents = new Map<string, WatchedIncident>();
  /** When those were read last that had to go. Else the ones that are asked for first would be new again, and first. */
  readonly #lastReads = new Map<string, number>();
  #polls = 0;
  #reads = 0;

  constructor({ clock }: { readonly clock: Pick<Clock, 'monotonic'> }) {
    this.#clock = clock;
  }

  get isEmpty(): boolean {
    return this.#incidents.size === 0;
  }

  /** Watches the notes of an incident, by PagerDuty's id, for a host that has them until `sinceMs`. */
  watch(incidentId: string, sinceMs: number): void {
    const host = { sinceMs, nowMs: this.#clock.monotonic() };
    const watched = this.#incidents.get(incidentId);
    if (watched !== undefined) {
      watched.askedFor(host);
      return;
    }
    this.#incidents.set(incidentId, new WatchedIncident(incidentId, host, this.#lastReads.get(incidentId)));
    if (this.#incidents.size > maxWatchedIncidents) this.#forgetOne();
  }

  /**
   * Reads the notes that are due, and gives those that were not delivered. If a call fails, its notes stay due, and the
   * others are read nevertheless. `settle` must follow.
   * @param options.nowMs PagerDuty's time, as well as it is known: the time of a note that has none that can be read
   * @param options.keptFromMs what happened later than this is not trimmed yet
   * @param options.maxReads if there are fewer calls left than usual
   */
  async read(
    source: NoteSource,
    toRead: NotesToRead,
    options: { readonly nowMs: number; readonly keptFromMs: number; readonly maxReads?: number },
  ): Promise<NotesRead> {
    const startedMs = this.#clock.monotonic();
    this.#polls += 1;
    this.#forgetLapsed(startedMs);
    if (toRead.mode === 'from-entries') {
      for (const entry of toRead.entries) this.#incidents.get(entry.incident?.id ?? '')?.takeIn(entry, startedMs);
    }
    const moment = { poll: this.#polls, nowMs: startedMs };
    const due = [...this.#incidents]
      .filter(([, { schedule }]) => schedules.isDue(schedule, moment, toRead.mode === 'all'))
      .sort(([, a], [, b]) => schedules.byAge(a.schedule, b.schedule))
      .slice(0, Math.min(options.maxReads ?? maxReadsPerPoll, maxReadsPerPoll));
    const events: ObservedEvent[] = [];
    const failures: unknown[] = [];
    let reads = 0;
    for (const [incidentId, watched] of due) {
      const began = { ...moment, nowMs: this.#clock.monotonic() };
      if (began.nowMs - startedMs >= maxReadingMs) break;
      reads += 1;
      this.#reads += 1;
      const read = this.#reads;
      try {
        const notes = await readNotes(source, incidentId);
        watched.schedule = schedules.afterSuccess(watched.schedule, read, began);
        events.push(...watched.undelivered(notes, options));
      } catch (failure) {
        // A refusal passes too: a role is put back, or a copy of PagerDuty's that lags learns of the incident.
        watched.schedule = schedules.afterFailure(watched.schedule, read, began);
        failures.push(failure);
      }
    }
    events.sort((a, b) => a.atMs - b.atMs);
    return { events, reads, failed: failures.length, failure: failures[0] };
  }

  /** Notes that went into the log are not delivered again; of an incident whose notes did not, all are read again. */
  settle(notes: readonly ObservedEvent[], isLogged: boolean): void {
    for (const { key, subject } of notes) this.#incidents.get(subject)?.settle(key, isLogged);
  }

  /** Lets everything be read again: the log may have lost what was delivered. */
  forgetDelivered(): void {
    for (const watched of this.#incidents.values()) watched.forgetDelivered();
  }

  #forgetLapsed(nowMs: number): void {
    for (const [incidentId, { lastHostPollMs }] of this.#incidents) {
      if (nowMs - lastHostPollMs > lapseMs) this.#incidents.delete(incidentId);
    }
  }

  /** Its host watches it again when it asks: so each is read some time. */
  #forgetOne(): void {
    let first: { readonly incidentId: string; readonly schedule: schedules.NoteSchedule } | undefined;
    for (const [incidentId, { schedule }] of this.#incidents) {
      // Of those that need it equally, the one that came last goes.
      if (first === undefined || schedules.byNeed(schedule, first.schedule) <= 0) first = { incidentId, schedule };
    }
    if (first === undefined) return;
    this.#incidents.delete(first.incidentId);
    this.#lastReads.delete(first.incidentId);
    this.#lastReads.set(first.incidentId, first.schedule.lastRead);
    forgetFirst(this.#lastReads, maxLastReads);
  }
}
