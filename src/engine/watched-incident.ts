import type { LogEntry } from '../pagerduty/models.js';
import type { ObservedEvent } from './events.js';
import * as schedules from './note-schedule.js';
import { noteEvents, type ReadNote } from './read-notes.js';

const maxRememberedIds = 500;

/** What an entry of the timeline tells of an incident's notes. */
export type NoteEntry = Pick<LogEntry, 'id' | 'type' | 'incident'>;

/** An incident whose notes hosts wait for: since when, when they are read, and which of them were delivered. */
export class WatchedIncident {
  schedule: schedules.NoteSchedule;
  readonly #incidentId: string;
  /** Some host wants the notes since then, and none only those since later than the second. */
  #sinceMs: number;
  #lastSinceMs: number;
  #lastHostPollMs: number;
  /** Lets a note be handed over once; the store leaves out what the log has, if this has forgotten it. */
  readonly #deliveredKeys = new Set<string>();
  readonly #seenEntryIds = new Set<string>();

  /**
   * @param host.sinceMs the host that waits for the notes has them until then
   * @param host.nowMs by the monotonic clock
   * @param lastRead which of all reads was the last one of these notes; undefined if that is not known
   */
  constructor(
    incidentId: string,
    { sinceMs, nowMs }: { readonly sinceMs: number; readonly nowMs: number },
    lastRead: number | undefined,
  ) {
    this.#incidentId = incidentId;
    this.#sinceMs = sinceMs;
    this.#lastSinceMs = sinceMs;
    this.#lastHostPollMs = nowMs;
    this.schedule = schedules.newSchedule(nowMs, lastRead);
  }

  /** When a host asked last, by the monotonic clock. */
  get lastHostPollMs(): number {
    return this.#lastHostPollMs;
  }

  /** A host asks, the same one or another. */
  askedFor({ sinceMs, nowMs }: { readonly sinceMs: number; readonly nowMs: number }): void {
    this.#lastHostPollMs = nowMs;
    this.#lastSinceMs = Math.max(this.#lastSinceMs, sinceMs);
    if (sinceMs >= this.#sinceMs) return;
    this.#sinceMs = sinceMs;
    this.schedule = schedules.onceMore(this.schedule);
  }

  /** An entry of the timeline is about this incident: it may tell of a note. */
  takeIn({ id, type }: NoteEntry, nowMs: number): void {
    // A resolution text becomes a note too, and nothing says that an annotate entry is written for it.
    if (type !== 'annotate_log_entry' && type !== 'resolve_log_entry') return;
    if (this.#seenEntryIds.has(id)) return;
    forgetFirst(this.#seenEntryIds.add(id), maxRememberedIds);
    this.schedule = schedules.afterEntry(this.schedule, nowMs);
  }

  /**
   * The events of the notes that were not delivered. Of those that are older than what a log keeps, only those that some
   * host here wants: they may have been delivered, and trimmed. Of the others all: a host that comes later, or from
   * another process, moves its frontier by what it finds in the log.
   * @param nowMs PagerDuty's time, as well as it is known
   * @param keptFromMs what is not older was not trimmed
   */
  undelivered(
    notes: readonly ReadNote[],
    { nowMs, keptFromMs }: { readonly nowMs: number; readonly keptFromMs: number },
  ): readonly ObservedEvent[] {
    const fromMs = Math.min(this.#sinceMs, keptFromMs);
    // No host is to miss a note because nobody can read its time. One that was there before a host came is known by key.
    const unreadableAtMs = Math.max(nowMs, this.#lastSinceMs);
    return noteEvents(notes, this.#incidentId, unreadableAtMs).filter(
      ({ key, atMs }) => atMs >= fromMs && !this.#deliveredKeys.has(key),
    );
  }

  /** A note went into the log, or did not: then the notes are read again. */
  settle(key: string, isLogged: boolean): void {
    if (isLogged) forgetFirst(this.#deliveredKeys.add(key), maxRememberedIds);
    else this.schedule = schedules.onceMore(this.schedule);
  }

  /** Lets everything be read again. */
  forgetDelivered(): void {
    this.#deliveredKeys.clear();
    this.schedule = schedules.onceMore(this.schedule);
  }
}

/** Forgets what came first, if there is more than is to be remembered. */
export function forgetFirst(remembered: Set<string> | Map<string, unknown>, max: number): void {
  if (remembered.size <= max) return;
  const [first] = remembered.keys();
  if (first !== undefined) remembered.delete(first);
}
