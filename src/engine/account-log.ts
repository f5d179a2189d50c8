import type { Clock } from '../clock/clock.js';
import { turn } from '../clock/turn.js';
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
const maxBytesPerCommit = 1_000_000;

/** What a reading came to: the events for the log, and the snapshot to compare the next one with. */
export interface Found {
  readonly events: readonly LoggedEvent[];
  readonly snapshot: Snapshot;
}

interface Known {
  readonly commitId: string;
  readonly head: LogPosition;
  readonly trimmedToMs: number;
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
  #committedAtMs = Number.NEGATIVE_INFINITY;

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

  /** Whether the store still has what this process knows to be there. */
  async isWhole(): Promise<boolean> {
    const head = this.#known?.head;
    return head === undefined || (await this.#store.locate(this.#connectionId, head))?.contains === true;
  }

  /** From here on the log has everything: what was trimmed may be gone from before this. */
  get startMs(): number {
    const { snapshot, trimmedToMs } = this.#known ?? {};
    return Math.max(
      snapshot?.header.logStartMs ?? 0,
      trimmedToMs === undefined || trimmedToMs === 0 ? 0 : trimmedToMs + 1,
    );
  }

  /**
   * Catches up with the store, if somebody else has written there, or it has lost what it had.
   * @param commitId of the store's last commit; undefined if it has no log
   * @returns false if the store has lost some of what this process knew to be there
   */
  async sync(commitId: string | undefined): Promise<boolean> {
    if (commitId === this.#known?.commitId) return true;
    const isWhole = await this.isWhole();
    const stored = await this.#store.load(this.#connectionId);
    this.#known = stored === undefined ? undefined : knownOf(stored);
    return isWhole;
  }

  /** Looks how far the log has been trimmed: that is no commit. */
  async refresh(): Promise<void> {
    const state = await this.#store.locate(this.#connectionId);
    if (this.#known !== undefined && state !== undefined) {
      this.#known = { ...this.#known, trimmedToMs: Math.max(this.#known.trimmedToMs, state.trimmedToMs) };
    }
  }

  /** The header that goes with a log's state: this process may have polled since it was written, and seen nothing. */
  headerOf(state: LogState): SnapshotHeader {
    return state.commitId === this.#known?.commitId ? this.#known.snapshot.header : readHeader(state.header);
  }

  /** Those of the keys that the log does not have. */
  async unlogged(keys: readonly string[]): Promise<ReadonlySet<string>> {
    return keys.length === 0 ? new Set() : this.#store.unlogged(this.#connectionId, keys);
  }

  /**
   * Takes in what a reading came to, and writes it if that is worth it.
   * @returns false if somebody else has written meanwhile: what was read is then theirs to deliver
   * @throws {StoreUnavailableError}
   */
  async apply(found: Found): Promise<boolean> {
    const known = this.#known;
    const { events, snapshot } = found;
    if (known !== undefined && !this.#isWorthCommitting(known, found)) {
      this.#known = { ...known, snapshot };
      return true;
    }
    const parts = inParts(events);
    // Before the rest, with the snapshot as it was: whoever goes on from there delivers the rest, and nothing again.
    let ahead = known;
    for (const part of parts.slice(0, -1)) {
      ahead = await this.#commit(ahead, ahead?.stored ?? withNothingRead(snapshot), part);
      if (ahead === undefined) return false;
      this.#known = { ...ahead, snapshot: known?.snapshot ?? ahead.snapshot };
      await turn();
    }
    const whole = await this.#commit(ahead, snapshot, parts.at(-1) ?? []);
    if (whole === undefined) return false;
    this.#known = whole;
    return true;
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
    this.#committedAtMs = this.#clock.monotonic();
    return { commitId, head, trimmedToMs: from?.trimmedToMs ?? 0, snapshot, stored: snapshot };
  }

  #isWorthCommitting(known: Known, { events, snapshot }: Found): boolean {
    if (events.length > 0 || this.#clock.monotonic() - this.#committedAtMs >= idleCommitMs) return true;
    const before = known.stored.header;
    const { header } = snapshot;
    return (
      header.logStartMs !== before.logStartMs ||
      header.source !== before.source ||
      header.accountHash !== before.accountHash ||
      header.refusedWith !== before.refusedWith ||
      header.backfill?.fromMs !== before.backfill?.fromMs ||
      header.backfill?.readToMs !== before.backfill?.readToMs
    );
  }
}

/** A log that has just begun, and of which nothing was read. */
function withNothingRead({ header }: Snapshot): Snapshot {
  const { logStartMs, timelineMs, listsMs } = header;
  const began = { timelineMs: timelineMs && logStartMs, listsMs: listsMs && logStartMs };
  return { header: { ...header, ...began }, known: new Map() };
}

/** Events in commits that are small enough. */
function inParts(events: readonly LoggedEvent[]): readonly (readonly LoggedEvent[])[] {
  const parts: LoggedEvent[][] = [[]];
  let bytes = 0;
  for (const event of events) {
    const part = parts.at(-1) ?? [];
    const size = Buffer.byteLength(event.payload);
    bytes += size;
    if (part.length < maxEventsPerCommit && (bytes <= maxBytesPerCommit || part.length === 0)) {
      part.push(event);
    } else {
      parts.push([event]);
      bytes = size;
    }
  }
  return parts;
}

function knownOf(stored: StoredSnapshot): Known {
  const snapshot = readSnapshot(stored);
  const { commitId, head, trimmedToMs } = stored;
  return { commitId, head, trimmedToMs, snapshot, stored: snapshot };
}

/** What has to be written so that a store that has `before` has `after`. */
function changedRecords(before: Snapshot | undefined, after: Snapshot) {
  const changed = [...after.known].filter(([key]) => before?.known.has(key) !== true);
  return {
    changedRecords: new Map(changed.map(([key, value]) => [key, writeKnownEvent(value)])),
    removedRecords: [...(before?.known.keys() ?? [])].filter((key) => !after.known.has(key)),
  };
}
