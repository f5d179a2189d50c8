import type { Clock } from '../clock/clock.js';
import type { Connection } from '../connection/connection.js';
import { type Difference, diffIncidents, type Observation } from './diff-incidents.js';
import type { LogPosition } from './engine-event.js';
import type { EngineObserver } from './engine-observer.js';
import type { EventStore } from './event-store.js';
import { observeAccount } from './observe-account.js';
import { readSnapshot, type Snapshot } from './snapshot.js';

/** A snapshot that has only grown older is written this often, so that an idle connection costs no writes. */
const idleCommitMs = 600_000;

interface Known {
  readonly revision: number;
  readonly head: LogPosition;
  readonly snapshot: Snapshot;
  /** The snapshot as the store has it: an idle poll advances the one above only. */
  readonly stored: Snapshot;
}

/** One connection's polls: fetch, diff and append, one poll at a time. */
export class PolledAccount {
  /** When the last poll began, by this process's clock; undefined before the first. */
  lastPollAtMs: number | undefined;
  readonly #connection: string;
  readonly #store: EventStore;
  readonly #clock: Clock;
  readonly #uniqueMark: () => string;
  readonly #observer: EngineObserver;
  #known: Known | undefined;
  #committedAtMs = 0;
  /** PagerDuty's clock less this process's, as of the last poll. */
  #serverAheadMs = 0;
  #running: Promise<void> | undefined;
  #failure: unknown;

  constructor(
    connection: string,
    options: { store: EventStore; clock: Clock; uniqueMark: () => string; observer: EngineObserver },
  ) {
    this.#connection = connection;
    this.#store = options.store;
    this.#clock = options.clock;
    this.#uniqueMark = options.uniqueMark;
    this.#observer = options.observer;
  }

  /** The end of the log; undefined while the connection has none. */
  get head(): LogPosition | undefined {
    return this.#known?.head;
  }

  /** PagerDuty's time, as well as it is known. */
  serverNowMs(): number {
    return this.#clock.now() + this.#serverAheadMs;
  }

  /** Begins a poll, unless one is running. */
  start(connection: Connection): void {
    if (this.#running !== undefined) return;
    this.lastPollAtMs = this.#clock.now();
    this.#running = this.#poll(connection).finally(() => {
      this.#running = undefined;
    });
  }

  /** Waits for the poll that is running, if one is, and gives the failure of the last one. */
  async outcome(): Promise<unknown> {
    await this.#running;
    return this.#failure;
  }

  async #poll(connection: Connection): Promise<void> {
    const startedAtMs = this.#clock.now();
    try {
      this.#known ??= await this.#load();
      const known = this.#known;
      const observation = await observeAccount(connection, known?.snapshot, this.#clock);
      this.#serverAheadMs = observation.serverTimeMs - this.#clock.now();
      const kinds = await this.#apply(known, observation);
      this.#failure = undefined;
      this.#observer.polled({ connection: this.#connection, durationMs: this.#clock.now() - startedAtMs, kinds });
    } catch (failure) {
      // Kept for the hosts that wait for this poll; the next one starts from the same snapshot.
      this.#failure = failure;
      const durationMs = this.#clock.now() - startedAtMs;
      this.#observer.polled({ connection: this.#connection, durationMs, kinds: [], failure });
    }
  }

  async #load(): Promise<Known | undefined> {
    const remembered = await this.#store.load(this.#connection);
    if (remembered === undefined) return undefined;
    const snapshot = readSnapshot(remembered);
    return { revision: remembered.revision, head: remembered.head, snapshot, stored: snapshot };
  }

  async #apply(known: Known | undefined, observation: Observation) {
    const difference = diffIncidents(known?.snapshot, observation);
    const { events, snapshot } = difference;
    if (known !== undefined && !this.#isWorthCommitting(known.snapshot, difference)) {
      this.#known = { ...known, snapshot };
      return [];
    }
    const committed = await this.#store.commit(this.#connection, {
      expectedRevision: known?.revision ?? 0,
      mark: this.#uniqueMark(),
      header: JSON.stringify(snapshot.header),
      ...changedRecords(known?.stored, snapshot),
      events,
      learnedAtMs: this.#clock.now(),
    });
    if (committed === undefined) {
      // Somebody else has written: what this poll saw is theirs to tell, and the next poll starts from their snapshot.
      this.#known = await this.#load();
      return [];
    }
    this.#committedAtMs = this.#clock.now();
    this.#known = { ...committed, snapshot, stored: snapshot };
    return events.map(({ kind }) => kind);
  }

  #isWorthCommitting(before: Snapshot, { events, snapshot }: Difference): boolean {
    if (events.length > 0 || this.#clock.now() - this.#committedAtMs >= idleCommitMs) return true;
    return [...snapshot.known.keys()].some((id) => !before.known.has(id));
  }
}

/** What has to be written so that a store that has `before` has `after`. */
function changedRecords(before: Snapshot | undefined, after: Snapshot) {
  const changed = [...after.known].filter(([id]) => !before?.known.has(id));
  return {
    changedRecords: new Map(changed.map(([id, createdAtMs]) => [id, String(createdAtMs)])),
    removedRecords: [...(before?.known.keys() ?? [])].filter((id) => !after.known.has(id)),
  };
}
