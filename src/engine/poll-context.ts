import type { AccountLog } from './account-log.js';
import { initialCanary } from './canary.js';
import type { EngineOptions, PollFindings } from './engine-options.js';
import type { Source } from './events.js';
import { boundMs } from './evidence.js';
import type { TimedEntry } from './found-entries.js';
import { MissingIncidents } from './missing-incidents.js';
import { afterRead, initialPollState, type PollState, readToMs } from './poll-state.js';
import type { SnapshotHeader } from './snapshot.js';
import { WatchedNotes } from './watched-notes.js';

/** One account's polls, as all that reads it shares them: the state between polls, and the findings of this one. */
export class PollContext {
  readonly log: AccountLog;
  readonly options: EngineOptions;
  readonly notes: WatchedNotes;
  readonly missing = new MissingIncidents();
  state: PollState;
  findings: PollFindings = noFindings();
  /** The log entries of this poll, if notes are watched: they tell which to read. */
  entries: TimedEntry[] = [];
  /** How far the comparison of closed hours with PagerDuty's lists has come. */
  canary = initialCanary;
  /** When a reading up to the present began last, by the monotonic clock. */
  presentReadAtMs = Number.NEGATIVE_INFINITY;
  /** Is called whenever a part has been read and committed: a poll may take long. */
  readonly afterSlice: () => Promise<void>;

  constructor(log: AccountLog, options: EngineOptions, afterSlice: () => Promise<void>) {
    this.log = log;
    this.options = options;
    this.afterSlice = afterSlice;
    this.notes = new WatchedNotes({ clock: options.clock });
    this.state = initialPollState(options.clock.monotonic());
  }

  begin(): void {
    this.findings = noFindings();
    this.entries = [];
  }

  /** The log's header. A poll begins the log before it reads on. */
  get header(): SnapshotHeader {
    const header = this.log.snapshot?.header;
    if (header === undefined) throw new Error('expected a log, got none');
    return header;
  }

  get monotonicMs(): number {
    return this.options.clock.monotonic();
  }

  /** The present as far as clocks say: a bound for what records say. */
  get presentMs(): number {
    return boundMs(this.options.clock.now(), this.findings.dateMs);
  }

  /** An answer of PagerDuty had this `Date`; undefined if it had none. */
  dated(dateMs: number | undefined): void {
    this.findings.dateMs = dateMs ?? this.findings.dateMs;
  }

  /** Something was read of a source, by a reading that began at `monotonicMs`. */
  saw(source: Source, newestMs: number | undefined, monotonicMs: number): void {
    this.state = afterRead(this.state, { source, newestMs, monotonicMs });
  }

  /** How far a source has been read, if a reading of it up to the present began at `monotonicMs`. */
  readToMs(source: Source, monotonicMs: number): number {
    return readToMs(this.state, source, monotonicMs, this.presentMs);
  }

  /** The newest record of any source, but nothing that is dated later than now. */
  newestMs(): number {
    const { timeline, lists } = this.state.evidence;
    return Math.min(Math.max(timeline?.newestMs ?? 0, lists?.newestMs ?? 0), this.presentMs);
  }
}

/** A poll that has found nothing yet. */
function noFindings(): PollFindings {
  return { kinds: [], late: [], failedNotes: 0, hasMore: false, dateMs: undefined };
}
