import type { Clock } from '../clock/clock.js';
import type { Connection } from '../connection/connection.js';
import { ServiceError } from '../errors/service-error.js';
import { AccountLog } from './account-log.js';
import { allowedLatenessMs, diff } from './diff.js';
import type { EngineObserver } from './engine-observer.js';
import type { EventStore } from './event-store.js';
import { StoreUnavailableError } from './event-store.js';
import type { EventKind } from './events.js';
import { readAccount } from './read-account.js';
import { WatchedNotes } from './watched-notes.js';

/** A key that may not read log entries is tried again after this long: somebody may have allowed it. */
const timelineRetryMs = 3_600_000;
const maxBackOffMs = 300_000;
/** Where other processes have polled for longer than this, all watched notes are read, rather than the timeline. */
const maxCatchUpMs = 900_000;
/** A store that fails is asked again this soon: no call to PagerDuty was made. */
const storeRetryMs = 1_000;

/** What all accounts of an engine share. */
export interface AccountOptions {
  readonly store: EventStore;
  readonly clock: Clock;
  readonly observer: EngineObserver;
  /** Random text, different each time. */
  readonly newCommitId: () => string;
  readonly pollIntervalMs: number;
  readonly retentionMs: number;
}

/** One connection's polls: fetch, compare and append, one poll at a time. */
export class PolledAccount {
  readonly notes = new WatchedNotes();
  readonly log: AccountLog;
  /** The connection's fingerprint. */
  readonly connection: string;
  readonly #options: AccountOptions;
  /** PagerDuty's clock less this process's, as of this process's last poll. */
  #serverAheadMs: number | undefined;
  /** To where this process has read the timeline; another may have polled, and moved the snapshot's watermark, since. */
  #ownWatermarkMs = Number.POSITIVE_INFINITY;
  #nextPollAtMs = 0;
  #wantedSinceMs = Number.POSITIVE_INFINITY;
  #timelineRefusedAtMs = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | undefined;
  #failure: unknown;
  #failures = 0;

  constructor(connection: string, options: AccountOptions) {
    this.connection = connection;
    this.#options = options;
    this.log = new AccountLog(connection, options);
  }

  /** When the next poll may begin, by this process's clock. */
  get nextPollAtMs(): number {
    return this.#nextPollAtMs;
  }

  get isPolling(): boolean {
    return this.#running !== undefined;
  }

  /** PagerDuty's time, as well as it is known. */
  serverNowMs(header = this.log.snapshot?.header): number {
    return this.#options.clock.now() + (this.#serverAheadMs ?? header?.serverAheadMs ?? 0);
  }

  /** Has the next poll read back to a time, if the log does not begin before it. */
  requestBackfill(sinceMs: number): void {
    this.#wantedSinceMs = Math.min(this.#wantedSinceMs, sinceMs);
  }

  /**
   * Begins a poll if one is due and none is running.
   * @param dueAtMs since when hosts have had a right to it, by this process's clock; for the report
   */
  startWhenDue(connection: Connection, dueAtMs: number): void {
    const startedAtMs = this.#options.clock.now();
    if (this.#running !== undefined || startedAtMs < this.#nextPollAtMs) return;
    this.#nextPollAtMs = startedAtMs + this.#options.pollIntervalMs;
    const lagMs = Math.max(0, startedAtMs - dueAtMs);
    this.#running = this.#pollInTurn(connection, startedAtMs, lagMs).finally(() => {
      this.#running = undefined;
    });
  }

  /** Waits for the poll that is running, if one is, and gives the failure of the last one. */
  async outcome(): Promise<unknown> {
    await this.#running;
    return this.#failure;
  }

  async #pollInTurn(connection: Connection, startedAtMs: number, lagMs: number): Promise<void> {
    const { clock, observer, pollIntervalMs, store } = this.#options;
    const report = (outcome: { readonly kinds: readonly EventKind[]; readonly failure?: unknown }) =>
      observer.polled({ connection: this.connection, durationMs: clock.now() - startedAtMs, lagMs, ...outcome });
    let isMyTurn = false;
    try {
      const turn = await store.acquireLease(this.connection, pollIntervalMs);
      this.#nextPollAtMs = clock.now() + turn.nextInMs;
      isMyTurn = turn.granted;
      if (isMyTurn) {
        if (!(await this.log.sync(turn.commitId))) this.notes.lost();
        const kinds = await this.#poll(connection);
        report({ kinds });
        this.#failures = 0;
      }
      this.#failure = undefined;
    } catch (failure) {
      // Kept for the hosts that wait for this poll; the next one starts from the same snapshot.
      this.#failure = failure;
      this.#failures += 1;
      report({ kinds: [], failure });
      await this.#backOff(failure, startedAtMs, isMyTurn);
    }
  }

  async #backOff(failure: unknown, startedAtMs: number, isMyTurn: boolean): Promise<void> {
    const { clock, pollIntervalMs, store } = this.#options;
    if (!isMyTurn) {
      this.#nextPollAtMs = clock.now() + Math.min(storeRetryMs, pollIntervalMs);
      return;
    }
    const named = failure instanceof ServiceError ? (failure.retryAfterMs ?? 0) : 0;
    const longestMs = Math.max(maxBackOffMs, pollIntervalMs);
    const waitMs = Math.max(named, Math.min(pollIntervalMs * 2 ** (this.#failures - 1), longestMs));
    this.#nextPollAtMs = Math.max(this.#nextPollAtMs, startedAtMs + waitMs);
    // A store that cannot be told grants the others their turns: they find out for themselves.
    if (waitMs > pollIntervalMs) {
      await store.extendLease(this.connection, this.#nextPollAtMs - clock.now()).catch(ignoreUnavailable);
    }
  }

  async #poll(connection: Connection) {
    const { clock, retentionMs } = this.#options;
    const before = this.log.snapshot;
    const nowMs = this.serverNowMs();
    const oldestMs = nowMs - retentionMs;
    const wantedMs = Math.max(this.#wantedSinceMs, oldestMs);
    const backfillToMs = wantedMs < (before?.header.logStartMs ?? nowMs) ? wantedMs : undefined;
    const watermarkMs = Math.max(before?.header.watermarkMs ?? nowMs - allowedLatenessMs, oldestMs);
    // The entries about notes that another process has read were not for the watches of this one.
    const isFarBehind = watermarkMs - this.#ownWatermarkMs > maxCatchUpMs;
    const watchedFromMs = this.notes.isEmpty || isFarBehind ? watermarkMs : this.#ownWatermarkMs;
    const wantedBefore = this.#wantedSinceMs;
    const reading = await readAccount(connection, {
      sinceMs: Math.min(watermarkMs, backfillToMs ?? watermarkMs, watchedFromMs),
      tryTimeline: clock.now() - this.#timelineRefusedAtMs >= timelineRetryMs,
      clock,
    });
    if (reading.timelineRefused) this.#timelineRefusedAtMs = clock.now();
    const serverAheadMs = reading.serverTimeMs - clock.now();
    this.#serverAheadMs = serverAheadMs;
    const entries = isFarBehind ? undefined : reading.entries;
    const notes = await this.notes.read(connection, { entries, notBeforeMs: oldestMs, nowMs });
    const found = diff(before, { ...reading, serverAheadMs, notes, backfillToMs });
    const isApplied = await this.log.apply(found).catch((error: unknown) => {
      this.notes.untold(notes);
      throw error;
    });
    this.#ownWatermarkMs = reading.serverTimeMs - allowedLatenessMs;
    if (!isApplied) {
      this.notes.untold(notes);
      return [];
    }
    this.notes.told(notes);
    if (this.#wantedSinceMs === wantedBefore) this.#wantedSinceMs = Number.POSITIVE_INFINITY;
    return found.events.map(({ kind }) => kind);
  }
}

function ignoreUnavailable(error: unknown): void {
  if (!(error instanceof StoreUnavailableError)) throw error;
}
