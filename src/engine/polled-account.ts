import type { Clock } from '../clock/clock.js';
import type { Connection } from '../connection/connection.js';
import { ServiceError } from '../errors/service-error.js';
import type { LogPosition } from './engine-event.js';
import type { EngineObserver } from './engine-observer.js';
import type { EventStore } from './event-store.js';
import { type Difference, findNews, latenessMs } from './find-news.js';
import type { Happening } from './happening.js';
import { NoteWatches } from './note-watches.js';
import { observeAccount, type Reading } from './observe-account.js';
import { readSnapshot, type Snapshot } from './snapshot.js';

/** A snapshot that has only grown older is written this often, so that an idle connection costs no writes. */
const idleCommitMs = 600_000;
/** A key that may not read log entries is tried again after this long: somebody may have allowed it. */
const timelineRetryMs = 3_600_000;
const longestBackOffMs = 300_000;

/** What all accounts of an engine share. */
export interface AccountOptions {
  readonly store: EventStore;
  readonly clock: Clock;
  readonly observer: EngineObserver;
  /** Random text, different each time. */
  readonly uniqueMark: () => string;
  readonly pollIntervalMs: number;
  readonly retentionMs: number;
}

interface Known {
  readonly revision: number;
  readonly head: LogPosition;
  readonly snapshot: Snapshot;
  /** The snapshot as the store has it: an idle poll advances the one above only. */
  readonly stored: Snapshot;
}

/** One connection's polls: fetch, compare and append, one poll at a time. */
export class PolledAccount {
  readonly notes = new NoteWatches();
  readonly #connection: string;
  readonly #options: AccountOptions;
  #known: Known | undefined;
  #loading: Promise<void> | undefined;
  #committedAtMs = 0;
  /** PagerDuty's clock less this process's, as of the last poll. */
  #serverAheadMs = 0;
  #nextPollAtMs = 0;
  #wantedSinceMs = Number.POSITIVE_INFINITY;
  #timelineRefusedAtMs = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | undefined;
  #failure: unknown;
  #failures = 0;

  constructor(connection: string, options: AccountOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  /** The end of the log; undefined while the connection has none. */
  get head(): LogPosition | undefined {
    return this.#known?.head;
  }

  /** From when on the log has everything; undefined while the connection has no log. */
  get coverageMs(): number | undefined {
    return this.#known?.snapshot.header.coverageMs;
  }

  /** Whatever happened before this is in the log, if it is there at all. */
  get horizonMs(): number | undefined {
    return this.#known?.snapshot.header.horizonMs;
  }

  /** When the next poll may begin, by this process's clock. */
  get nextPollAtMs(): number {
    return this.#nextPollAtMs;
  }

  get isPolling(): boolean {
    return this.#running !== undefined;
  }

  /** PagerDuty's time, as well as it is known. */
  serverNowMs(): number {
    return this.#options.clock.now() + this.#serverAheadMs;
  }

  /** Reads what the store has again: somebody brings a position that this account does not expect. */
  async refresh(): Promise<void> {
    if (this.#running === undefined) await this.#reload();
  }

  /** Reads what the store has, once. @throws {Error} where the store fails */
  async load(): Promise<void> {
    if (this.#known !== undefined) return;
    this.#loading ??= this.#reload().finally(() => {
      this.#loading = undefined;
    });
    await this.#loading;
  }

  /** Has the next poll read back to a time, if the log does not begin before it. */
  want(sinceMs: number): void {
    this.#wantedSinceMs = Math.min(this.#wantedSinceMs, sinceMs);
  }

  /** Begins a poll if one is due and none is running. */
  startWhenDue(connection: Connection): void {
    const startedAtMs = this.#options.clock.now();
    if (this.#running !== undefined || startedAtMs < this.#nextPollAtMs) return;
    this.#nextPollAtMs = startedAtMs + this.#options.pollIntervalMs;
    this.#running = this.#poll(connection, startedAtMs).finally(() => {
      this.#running = undefined;
    });
  }

  /** Waits for the poll that is running, if one is, and gives the failure of the last one. */
  async outcome(): Promise<unknown> {
    await this.#running;
    return this.#failure;
  }

  async #poll(connection: Connection, startedAtMs: number): Promise<void> {
    const { clock, observer } = this.#options;
    try {
      await this.load();
      const kinds = await this.#observeAndApply(connection);
      this.#failure = undefined;
      this.#failures = 0;
      observer.polled({ connection: this.#connection, durationMs: clock.now() - startedAtMs, kinds });
    } catch (failure) {
      // Kept for the hosts that wait for this poll; the next one starts from the same snapshot.
      this.#failure = failure;
      this.#failures += 1;
      this.#nextPollAtMs = Math.max(this.#nextPollAtMs, startedAtMs + this.#backOffMs(failure));
      observer.polled({ connection: this.#connection, durationMs: clock.now() - startedAtMs, kinds: [], failure });
    }
  }

  #backOffMs(failure: unknown): number {
    const { pollIntervalMs } = this.#options;
    const named = failure instanceof ServiceError ? (failure.retryAfterMs ?? 0) : 0;
    return Math.max(
      named,
      Math.min(pollIntervalMs * 2 ** (this.#failures - 1), Math.max(longestBackOffMs, pollIntervalMs)),
    );
  }

  async #observeAndApply(connection: Connection) {
    const { clock, retentionMs } = this.#options;
    const before = this.#known?.snapshot;
    const nowMs = this.serverNowMs();
    const oldestMs = nowMs - retentionMs;
    const wantedMs = Math.max(this.#wantedSinceMs, oldestMs);
    const readBackToMs = wantedMs < (before?.header.coverageMs ?? nowMs) ? wantedMs : undefined;
    const horizonMs = Math.max(before?.header.horizonMs ?? nowMs - latenessMs, oldestMs);
    const reading = await observeAccount(connection, {
      sinceMs: Math.min(horizonMs, readBackToMs ?? horizonMs),
      tryTimeline: clock.now() - this.#timelineRefusedAtMs >= timelineRetryMs,
      clock,
    });
    if (reading.timelineRefused) this.#timelineRefusedAtMs = clock.now();
    this.#serverAheadMs = reading.serverTimeMs - clock.now();
    const notes = await this.notes.read(connection, { entries: reading.entries, notBeforeMs: oldestMs, nowMs });
    return this.#apply(reading, notes, readBackToMs);
  }

  async #apply(reading: Reading, notes: readonly Happening[], readBackToMs: number | undefined) {
    const known = this.#known;
    const difference = findNews(known?.snapshot, { ...reading, notes, readBackToMs });
    if (known !== undefined && !this.#isWorthCommitting(known, difference)) {
      this.#known = { ...known, snapshot: difference.snapshot };
      return [];
    }
    const { events, snapshot } = difference;
    const committed = await this.#options.store
      .commit(this.#connection, {
        expectedRevision: known?.revision ?? 0,
        mark: this.#options.uniqueMark(),
        header: JSON.stringify(snapshot.header),
        ...changedRecords(known?.stored, snapshot),
        events,
        learnedAtMs: this.#options.clock.now(),
      })
      .catch((error: unknown) => {
        this.notes.untold(notes);
        throw error;
      });
    if (committed === undefined) {
      // Somebody else has written: what this poll saw is theirs to tell, and the next poll starts from their snapshot.
      this.notes.untold(notes);
      await this.#reload();
      return [];
    }
    this.notes.told(notes);
    this.#wantedSinceMs = Number.POSITIVE_INFINITY;
    this.#committedAtMs = this.#options.clock.now();
    this.#known = { ...committed, snapshot, stored: snapshot };
    return events.map(({ kind }) => kind);
  }

  async #reload(): Promise<void> {
    const remembered = await this.#options.store.load(this.#connection);
    if (remembered === undefined) {
      this.#known = undefined;
      return;
    }
    const snapshot = readSnapshot(remembered);
    this.#known = { revision: remembered.revision, head: remembered.head, snapshot, stored: snapshot };
  }

  #isWorthCommitting(known: Known, { events, snapshot }: Difference): boolean {
    if (events.length > 0 || this.#options.clock.now() - this.#committedAtMs >= idleCommitMs) return true;
    if (snapshot.header.coverageMs !== known.snapshot.header.coverageMs) return true;
    if (snapshot.header.source !== known.snapshot.header.source) return true;
    return [...snapshot.known.keys()].some((key) => !known.snapshot.known.has(key));
  }
}

/** What has to be written so that a store that has `before` has `after`. */
function changedRecords(before: Snapshot | undefined, after: Snapshot) {
  const changed = [...after.known].filter(([key]) => before?.known.has(key) !== true);
  return {
    changedRecords: new Map(changed.map(([key, value]) => [key, JSON.stringify(value)])),
    removedRecords: [...(before?.known.keys() ?? [])].filter((key) => !after.known.has(key)),
  };
}
