import type { Clock } from '../clock/clock.js';
import type { LogEntry } from '../pagerduty/models.js';
import { matchKeyOf, type ObservedEvent } from './events.js';
import * as schedules from './note-schedule.js';
import { type NoteSource, noteKey, type ReadNote, readNotes } from './read-notes.js';

/** Which watched notes a poll reads. */
export type NotesToRead =
  /** All, one after the other: there is no timeline to go by. */
  | { readonly mode: 'all' }
  /** Those that the timeline tells of, and those of a host that has just come. */
  | { readonly mode: 'from-entries'; readonly entries: readonly Pick<LogEntry, 'id' | 'type' | 'incident'>[] };

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

interface WatchedIncident {
  /** Some host wants the notes since then, and none only those since later than the second. */
  sinceMs: number;
  lastSinceMs: number;
  /** By the monotonic clock. */
  lastHostPollMs: number;
  schedule: schedules.NoteSchedule;
  /** Lets a note be handed over once; the store leaves out what the log has, if this has forgotten it. */
  readonly deliveredKeys: Set<string>;
  readonly seenEntryIds: Set<string>;
}

const lapseMs = 3_600_000;
const maxWatchedIncidents = 1_000;
const maxIdsOfAnIncident = 500;
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
    const nowMs = this.#clock.monotonic();
    const watched = this.#incidents.get(incidentId);
    if (watched === undefined) {
      this.#incidents.set(incidentId, {
        sinceMs,
        lastSinceMs: sinceMs,
        lastHostPollMs: nowMs,
        schedule: schedules.newSchedule(nowMs, this.#lastReads.get(incidentId)),
        deliveredKeys: new Set(),
        seenEntryIds: new Set(),
      });
      if (this.#incidents.size > maxWatchedIncidents) this.#forgetOne();
      return;
    }
    watched.lastHostPollMs = nowMs;
    watched.lastSinceMs = Math.max(watched.lastSinceMs, sinceMs);
    if (sinceMs >= watched.sinceMs) return;
    watched.sinceMs = sinceMs;
    watched.schedule = schedules.onceMore(watched.schedule);
  }

  /**
   * Reads the notes that are due, and gives those that were not delivered. If a call fails, its notes stay due, and the
   * others are read nevertheless. `settle` must follow.
   * @param options.nowMs PagerDuty's time, as well as it is known: the time of a note that has none that can be read
   * @param options.maxReads if there are fewer calls left than usual
   */
  async read(
    source: NoteSource,
    toRead: NotesToRead,
    options: { readonly nowMs: number; readonly maxReads?: number },
  ): Promise<NotesRead> {
    const startedMs = this.#clock.monotonic();
    this.#polls += 1;
    this.#forgetLapsed(startedMs);
    if (toRead.mode === 'from-entries') this.#takeIn(toRead.entries, startedMs);
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
        events.push(...undelivered(notes, incidentId, watched, options));
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
    for (const { key, subject } of notes) {
      const watched = this.#incidents.get(subject);
      if (watched === undefined) continue;
      if (isLogged) forgetFirst(watched.deliveredKeys.add(key), maxIdsOfAnIncident);
      else watched.schedule = schedules.onceMore(watched.schedule);
    }
  }

  /** Lets everything be read again: the log may have lost what was delivered. */
  forgetDelivered(): void {
    for (const watched of this.#incidents.values()) {
      watched.deliveredKeys.clear();
      watched.schedule = schedules.onceMore(watched.schedule);
    }
  }

  #takeIn(entries: Extract<NotesToRead, { mode: 'from-entries' }>['entries'], nowMs: number): void {
    for (const { id, type, incident } of entries) {
      const watched = this.#incidents.get(incident?.id ?? '');
      // A resolution text becomes a note too, and nothing says that an annotate entry is written for it.
      if (watched === undefined || (type !== 'annotate_log_entry' && type !== 'resolve_log_entry')) continue;
      if (watched.seenEntryIds.has(id)) continue;
      forgetFirst(watched.seenEntryIds.add(id), maxIdsOfAnIncident);
      watched.schedule = schedules.afterEntry(watched.schedule, nowMs);
    }
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

/** Forgets what came first, if there is more than is to be remembered. */
function forgetFirst(remembered: Set<string> | Map<string, unknown>, max: number): void {
  if (remembered.size <= max) return;
  const [first] = remembered.keys();
  if (first !== undefined) remembered.delete(first);
}

function undelivered(
  notes: readonly ReadNote[],
  incidentId: string,
  { sinceMs, lastSinceMs, deliveredKeys }: WatchedIncident,
  { nowMs }: { readonly nowMs: number },
): readonly ObservedEvent[] {
  // No host is to miss a note because nobody can read its time. One that was there before a host came is known by key.
  const unreadableAtMs = Math.max(nowMs, lastSinceMs);
  return notes
    .map(({ id, createdAtMs = unreadableAtMs, payload }): ObservedEvent => {
      const named = { kind: 'noted', incidentId, subject: incidentId } as const;
      return { ...named, key: noteKey(id), matchKey: matchKeyOf(named, createdAtMs), atMs: createdAtMs, payload };
    })
    .filter(({ key, atMs }) => atMs >= sinceMs && !deliveredKeys.has(key));
}
