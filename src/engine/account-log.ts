import type { Clock } from '../clock/clock.js';
import type { Diff } from './diff.js';
import type { EngineOptions } from './engine-options.js';
import type { EventStore, LogPosition, LogState, StoredSnapshot } from './event-store.js';
import type { LoggedEvent } from './events.js';
import {
  readHeader,
  readSnapshot,
  type Snapshot,
  type SnapshotHeader,
  writeHeader,
  writeKnownEvent,
} from './snapshot.js';

/** A snapshot that has only grown older is written this often, so that an idle connection costs no writes. */
const idleCommitMs = 600_000;

/** A store may take longer over a larger commit than it is waited for. */
const maxEventsPerCommit = 500;

interface Known {
  readonly commitId: string;
  readonly head: LogPosition;
  readonly snapshot: Snapshot;
  /** The snapshot as the store has it: an idle poll advances only the other one. */
  readonly stored: Snapshot;
}

/** One connection's snapshot and event log, as this process knows them. Other processes may write there too. */
export class AccountLog {
  readonly #connectionId: string;
  readonly #store: EventStore;
  readonly #clock: Clock;
  readonly #newCommitId: () => string;
  #known: Known | undefined;
  #committedAtMs = 0;

  constructor(connectionId: string, options: Pick<EngineOptions, 'store' | 'clock' | 'newCommitId'>) {
    this.#connectionId = connectionId;
    this.#store = options.store;
    this.#clock = options.clock;
    this.#newCommitId = options.newCommitId;
  }

  /** What is known of the account; undefined while there is no log. */
  get snapshot(): Snapshot | undefined {
    return this.#known?.snapshot;
  }

  /**
   * Catches up with the store, if somebody else has written there, or it has lost what it had.
   * @param commitId of the store's last commit; undefined if it has no log
   * @returns false if the store has lost some of what this process knew to be there
   */
  async sync(commitId: string | undefined): Promise<boolean> {
    const before = this.#known;
    if (commitId === before?.commitId) return true;
    const isWhole =
      before === undefined || (await this.#store.locate(this.#connectionId, before.head))?.contains === true;
    const stored = await this.#store.load(this.#connectionId);
    this.#known = stored === undefined ? undefined : knownOf(stored);
    return isWhole;
  }

  /** The header that goes with a log's state: this process may have polled since it was written, and seen nothing. */
  headerOf(state: LogState): SnapshotHeader {
    return state.commitId === this.#known?.commitId ? this.#known.snapshot.header : readHeader(state.header);
  }

  /**
   * Takes in what a poll came to, and writes it if that is worth it.
   * @returns 'overtaken' if somebody else has written meanwhile: what the poll saw is then theirs to deliver
   * @throws {StoreUnavailableError}
   */
  async apply(found: Diff): Promise<'committed' | 'overtaken'> {
    const known = this.#known;
    const { events, snapshot } = found;
    if (known !== undefined && !this.#isWorthCommitting(known, found)) {
      this.#known = { ...known, snapshot };
      return 'committed';
    }
    // Before the rest, with the snapshot as it was: whoever goes on from there delivers the rest, and nothing again.
    let ahead = known;
    let logged = 0;
    for (; ahead !== undefined && events.length - logged > maxEventsPerCommit; logged += maxEventsPerCommit) {
      ahead = await this.#commit(ahead, ahead.stored, events.slice(logged, logged + maxEventsPerCommit));
      if (ahead === undefined) return 'overtaken';
      this.#known = { ...ahead, snapshot: known?.snapshot ?? ahead.snapshot };
    }
    const whole = await this.#commit(ahead, snapshot, events.slice(logged));
    if (whole === undefined) return 'overtaken';
    this.#known = whole;
    return 'committed';
  }

  async #commit(
    from: Known | undefined,
    snapshot: Snapshot,
    events: readonly LoggedEvent[],
  ): Promise<Known | undefined> {
    const commitId = this.#newCommitId();
    const head = await this.#store.commit(this.#connectionId, {
      expectedCommitId: from?.commitId,
      commitId,
      header: writeHeader(snapshot.header),
      ...changedRecords(from?.stored, snapshot),
      events,
      learnedAtMs: this.#clock.now(),
    });
    if (head === undefined) return undefined;
    this.#committedAtMs = this.#clock.now();
    return { commitId, head, snapshot, stored: snapshot };
  }

  #isWorthCommitting(known: Known, { events, snapshot }: Diff): boolean {
    if (events.length > 0 || this.#clock.now() - this.#committedAtMs >= idleCommitMs) return true;
    if (snapshot.header.logStartMs !== known.snapshot.header.logStartMs) return true;
    if (snapshot.header.source !== known.snapshot.header.source) return true;
    return [...snapshot.known.keys()].some((key) => !known.snapshot.known.has(key));
  }
}

function knownOf(stored: StoredSnapshot): Known {
  const snapshot = readSnapshot(stored);
  return { commitId: stored.commitId, head: stored.head, snapshot, stored: snapshot };
}

/** What has to be written so that a store that has `before` has `after`. */
function changedRecords(before: Snapshot | undefined, after: Snapshot) {
  const changed = [...after.known].filter(([key]) => before?.known.has(key) !== true);
  return {
    changedRecords: new Map(changed.map(([key, value]) => [key, writeKnownEvent(value)])),
    removedRecords: [...(before?.known.keys() ?? [])].filter((key) => !after.known.has(key)),
  };
}
