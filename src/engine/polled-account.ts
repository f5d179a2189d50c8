import type { Connection } from '../connection/connection.js';
import { ServiceError } from '../errors/service-error.js';
import { AccountLog } from './account-log.js';
import type { EngineOptions, PollFindings } from './engine-options.js';
import { StoreUnavailableError } from './event-store.js';
import { noteFailure } from './key-refusal.js';
import { pollAccount } from './poll-account.js';
import { PollContext } from './poll-context.js';
import * as schedule from './poll-schedule.js';
import { requestBackfill } from './poll-state.js';
import { SharedBaseline } from './shared-baseline.js';
import type { WatchedNotes } from './watched-notes.js';

/** Two clocks that differ by less are as right as clocks are. */
const clockToleranceMs = 60_000;

/** How a poll went: one that this call began, or one that was running. */
export interface PollRun {
  /** False if no poll was due and none was running. */
  readonly ran: boolean;
  /** Why the last poll failed; undefined if it did not, or goes on. */
  readonly failure: unknown;
}

/** One connection's polls, one at a time, and when they are due. */
export class PolledAccount {
  readonly log: AccountLog;
  readonly connectionId: string;
  /** For hosts that register. */
  readonly baseline: SharedBaseline;
  readonly #options: EngineOptions;
  readonly #context: PollContext;
  #schedule = schedule.initialSchedule;
  #running: Promise<void> | undefined;
  #failure: unknown;
  #leasedAtMs = 0;
  #saidClocksDiffer = false;

  constructor(connectionId: string, options: EngineOptions) {
    this.connectionId = connectionId;
    this.#options = options;
    this.log = new AccountLog(connectionId, options);
    this.#context = new PollContext(this.log, options, () => this.#renewLease());
    this.baseline = new SharedBaseline(this.#context);
  }

  get notes(): WatchedNotes {
    return this.#context.notes;
  }

  /** How long until the next poll may begin. */
  get nextPollInMs(): number {
    return Math.max(0, this.#schedule.nextPollAtMs - this.#options.clock.monotonic());
  }

  /** Whether a poll is to begin if a host asks. */
  get isDue(): boolean {
    return this.#running === undefined && schedule.isDue(this.#schedule, this.#options.clock.monotonic());
  }

  /** Whether a poll is to begin although no host asks. */
  get isDueInBackground(): boolean {
    return this.#running === undefined && schedule.isDueInBackground(this.#schedule, this.#options.clock.monotonic());
  }

  /** From when on the account is to be polled although no host asks; infinite: not at all. By the monotonic clock. */
  pollInBackgroundFrom(fromMs: number): void {
    this.#schedule = { ...this.#schedule, backgroundFromMs: fromMs };
  }

  /** Has the next poll read back to a time, if the log does not begin before it. */
  requestBackfill(sinceMs: number): void {
    const { clock, retentionMs } = this.#options;
    // A cursor is whatever a host sends: it reads back no more than is kept, and no log begins in the future.
    const nowMs = clock.now();
    const boundMs = Math.min(Math.max(sinceMs, nowMs - retentionMs), nowMs);
    this.#context.state = requestBackfill(this.#context.state, boundMs);
  }

  /**
   * Begins a poll if one is due and none is running, and waits for the one that is running then.
   * @param maxWaitMs a poll may take long: it goes on, and the caller does with what the log has
   */
  async pollWhenDue(connection: Connection, maxWaitMs = Number.POSITIVE_INFINITY): Promise<PollRun> {
    const nowMs = this.#options.clock.monotonic();
    if (this.#running === undefined && schedule.isDue(this.#schedule, nowMs)) this.#start(connection, nowMs);
    if (this.#running === undefined) return { ran: false, failure: this.#failure };
    const isDone = await this.#within(this.#running, maxWaitMs);
    return { ran: true, failure: isDone ? this.#failure : undefined };
  }

  /** Waits for the poll that is running, if one is. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #within(running: Promise<void>, maxWaitMs: number): Promise<boolean> {
    if (maxWaitMs === 0) return false;
    if (maxWaitMs === Number.POSITIVE_INFINITY) return running.then(() => true);
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(maxWaitMs, () => resolve(false));
      void running.then(() => {
        cancel();
        resolve(true);
      });
    });
  }

  #start(connection: Connection, nowMs: number): void {
    const lagMs = schedule.lagMs(this.#schedule, nowMs);
    this.#schedule = schedule.afterStart(this.#schedule, nowMs, this.#options.pollIntervalMs);
    this.#running = this.#pollIfLeased(connection, nowMs, lagMs).finally(() => {
      this.#running = undefined;
    });
  }

  async #pollIfLeased(connection: Connection, startedAtMs: number, lagMs: number): Promise<void> {
    const { clock, observer, pollIntervalMs, store } = this.#options;
    const { connectionId } = this;
    const report = (outcome: { readonly findings?: PollFindings; readonly failure?: unknown }) =>
      observer.polled({ connectionId, durationMs: clock.monotonic() - startedAtMs, lagMs, ...outcome });
    let isLeased = false;
    try {
      const lease = await store.acquireLease(connectionId, pollIntervalMs);
      this.#schedule = schedule.afterLease(this.#schedule, clock.monotonic(), lease);
      isLeased = lease.granted;
      if (isLeased) {
        this.#leasedAtMs = clock.monotonic();
        if (!(await this.log.sync(lease.commitId))) {
          this.notes.forgetDelivered();
          // What was read is not in this log.
          this.#context.presentReadAtMs = Number.NEGATIVE_INFINITY;
        }
        const findings = await pollAccount(this.#context, connection);
        report({ findings });
        this.#compareClocks(findings);
        this.#schedule = schedule.afterSuccess(this.#schedule, { startedAtMs, hasMore: findings.hasMore });
      }
      this.#failure = undefined;
    } catch (failure) {
      // Kept for the hosts that wait for this poll; the next one goes on from what was taken into the log.
      this.#failure = failure;
      report({ findings: this.#context.findings, failure });
      await this.#backOff({ startedAtMs, isLeased, failure });
    }
  }

  /** A poll may take longer than its lease: nobody else is to begin the same. */
  async #renewLease(): Promise<void> {
    const { clock, pollIntervalMs, store } = this.#options;
    if (clock.monotonic() - this.#leasedAtMs < pollIntervalMs / 2) return;
    this.#leasedAtMs = clock.monotonic();
    await store.extendLease(this.connectionId, pollIntervalMs);
  }

  async #backOff({ failure, ...poll }: { startedAtMs: number; isLeased: boolean; failure: unknown }): Promise<void> {
    const { clock, pollIntervalMs, store } = this.#options;
    // If the store cannot be told, the next poll tells it.
    if (poll.isLeased) await noteFailure(this.#context, failure).catch(ignoreUnavailable);
    const retryAfterMs = failure instanceof ServiceError ? (failure.retryAfterMs ?? 0) : 0;
    const failed = { ...poll, nowMs: clock.monotonic(), pollIntervalMs, retryAfterMs };
    const retry = schedule.afterFailure(this.#schedule, failed);
    this.#schedule = retry.schedule;
    if (retry.extendLeaseMs === undefined) return;
    // If the store cannot be told, other processes get the lease, and find out for themselves.
    await store.extendLease(this.connectionId, retry.extendLeaseMs).catch(ignoreUnavailable);
  }

  #compareClocks({ dateMs }: PollFindings): void {
    if (dateMs === undefined) return;
    const dateAheadMs = dateMs - this.#options.clock.now();
    const differ = Math.abs(dateAheadMs) > clockToleranceMs;
    if (differ && !this.#saidClocksDiffer) {
      this.#options.observer.clocksDiffer({ connectionId: this.connectionId, dateAheadMs });
    }
    this.#saidClocksDiffer = differ;
  }
}

function ignoreUnavailable(error: unknown): void {
  if (!(error instanceof StoreUnavailableError)) throw error;
}
