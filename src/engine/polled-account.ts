import type { Connection } from '../connection/connection.js';
import { ServiceError } from '../errors/service-error.js';
import { AccountLog } from './account-log.js';
import { diff } from './diff.js';
import type { EngineOptions } from './engine-options.js';
import { StoreUnavailableError } from './event-store.js';
import type { EventKind } from './events.js';
import {
  afterCommit,
  afterRead,
  initialPollState,
  notesToRead,
  planPoll,
  requestBackfill,
  serverNowMs,
} from './plan-poll.js';
import * as schedule from './poll-schedule.js';
import { readAccount } from './read-account.js';
import { WatchedNotes } from './watched-notes.js';

/** How a poll went: one that this call began, or one that was running. */
export interface PollRun {
  /** False if no poll was due and none was running. */
  readonly ran: boolean;
  /** Why the last poll failed; undefined if it did not. */
  readonly failure: unknown;
}

/** One connection's polls: plan, read, compare and commit, one poll at a time. */
export class PolledAccount {
  readonly notes: WatchedNotes;
  readonly log: AccountLog;
  readonly connectionId: string;
  readonly #options: EngineOptions;
  #state = initialPollState;
  #schedule = schedule.initialSchedule;
  #running: Promise<void> | undefined;
  #failure: unknown;

  constructor(connectionId: string, options: EngineOptions) {
    this.connectionId = connectionId;
    this.#options = options;
    this.log = new AccountLog(connectionId, options);
    this.notes = new WatchedNotes(options);
  }

  /** How long until the next poll may begin. */
  get nextPollInMs(): number {
    return Math.max(0, this.#schedule.nextPollAtMs - this.#options.clock.now());
  }

  /** Whether a poll is to begin although no host asks. */
  get isDueInBackground(): boolean {
    return this.#running === undefined && schedule.isDueInBackground(this.#schedule, this.#options.clock.now());
  }

  /** PagerDuty's time, as well as it is known. */
  serverNowMs(header = this.log.snapshot?.header): number {
    return serverNowMs(this.#state, header, this.#options.clock.now());
  }

  /** From when on the account is to be polled although no host asks; infinite: not at all. */
  pollInBackgroundFrom(fromMs: number): void {
    this.#schedule = { ...this.#schedule, backgroundFromMs: fromMs };
  }

  /** Has the next poll read back to a time, if the log does not begin before it. */
  requestBackfill(sinceMs: number): void {
    this.#state = requestBackfill(this.#state, sinceMs);
  }

  /** Begins a poll if one is due and none is running, and waits for the one that is running then. */
  async pollWhenDue(connection: Connection): Promise<PollRun> {
    const nowMs = this.#options.clock.now();
    if (this.#running === undefined && schedule.isDue(this.#schedule, nowMs)) this.#start(connection, nowMs);
    const ran = this.#running !== undefined;
    await this.#running;
    return { ran, failure: this.#failure };
  }

  /** Waits for the poll that is running, if one is. */
  async idle(): Promise<void> {
    await this.#running;
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
    const report = (outcome: { readonly kinds: readonly EventKind[]; readonly failure?: unknown }) =>
      observer.polled({ connectionId, durationMs: clock.now() - startedAtMs, lagMs, ...outcome });
    let isLeased = false;
    try {
      const lease = await store.acquireLease(connectionId, pollIntervalMs);
      this.#schedule = schedule.afterLease(this.#schedule, clock.now(), lease);
      isLeased = lease.granted;
      if (isLeased) {
        if (!(await this.log.sync(lease.commitId))) this.notes.forgetDelivered();
        report({ kinds: await this.#poll(connection) });
        this.#schedule = schedule.afterSuccess(this.#schedule);
      }
      this.#failure = undefined;
    } catch (failure) {
      // Kept for the hosts that wait for this poll; the next one starts from the same snapshot.
      this.#failure = failure;
      report({ kinds: [], failure });
      await this.#backOff({ startedAtMs, isLeased, failure });
    }
  }

  async #backOff({ failure, ...poll }: { startedAtMs: number; isLeased: boolean; failure: unknown }): Promise<void> {
    const { clock, pollIntervalMs, store } = this.#options;
    const retryAfterMs = failure instanceof ServiceError ? (failure.retryAfterMs ?? 0) : 0;
    const retry = schedule.afterFailure(this.#schedule, { ...poll, nowMs: clock.now(), pollIntervalMs, retryAfterMs });
    this.#schedule = retry.schedule;
    if (retry.extendLeaseMs === undefined) return;
    // If the store cannot be told, other processes get the lease, and find out for themselves.
    await store.extendLease(this.connectionId, retry.extendLeaseMs).catch(ignoreUnavailable);
  }

  /** @returns the kinds of the events that are new in the log */
  async #poll(connection: Connection): Promise<readonly EventKind[]> {
    const { clock, retentionMs } = this.#options;
    const before = this.log.snapshot;
    const input = { nowMs: clock.now(), header: before?.header, hasWatchedNotes: !this.notes.isEmpty, retentionMs };
    const plan = planPoll(this.#state, input);
    const result = await readAccount(connection, { ...plan, clock });
    const { serverTimeMs } = result;
    const state = afterRead(this.#state, result, clock.now());
    this.#state = state;
    const { events: notes } = await this.notes.read(connection, notesToRead(plan, result), {
      notBeforeMs: plan.oldestMs,
      nowMs: plan.serverNowMs,
    });
    const { serverAheadMs } = state;
    const found = diff(before, { ...result, notes, backfillToMs: plan.backfillToMs, serverAheadMs });
    let isLogged = false;
    try {
      const outcome = await this.log.apply(found);
      this.#state = afterCommit(this.#state, { plan, serverTimeMs, outcome });
      isLogged = outcome === 'committed';
    } finally {
      this.notes.settle(notes, isLogged);
    }
    return isLogged ? found.events.map(({ kind }) => kind) : [];
  }
}

function ignoreUnavailable(error: unknown): void {
  if (!(error instanceof StoreUnavailableError)) throw error;
}
