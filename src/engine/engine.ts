import type { LRUCache } from 'lru-cache';
import { ttlCache } from '../clock/clock.js';
import type { Connection } from '../connection/connection.js';
import { PagerDutyResponseError } from '../pagerduty/errors.js';
import { type HostPage, pageFor, pageLimit, type ResolvedCursor, resolveCursor } from './answer-host.js';
import { BackgroundPolls } from './background-polls.js';
import { type Cursor, decodeCursor, encodeCursor } from './cursor.js';
import type { EngineOptions } from './engine-options.js';
import type { LogPage } from './event-store.js';
import type { EventFilter } from './events.js';
import { PolledAccount } from './polled-account.js';
import { registerHost } from './register-host.js';

const idleMs = 3_600_000;

/** The answer to a host's poll. */
export interface PollAnswer extends HostPage {
  /** When PagerDuty is polled next at the earliest, in milliseconds from now. */
  readonly nextPollInMs: number;
}

/**
 * Answers hosts from the event logs, and polls PagerDuty when a host asks or the clock ticks, and a poll is due: at
 * most once an interval for each connection, however many hosts and triggers it has.
 */
export class Engine {
  readonly #options: EngineOptions;
  readonly #accounts: LRUCache<string, PolledAccount>;
  readonly #background: BackgroundPolls;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#background = new BackgroundPolls(options);
    this.#accounts = ttlCache(options.clock, {
      max: options.maxAccounts ?? 20_000,
      ttlMs: idleMs,
      updateAgeOnGet: true,
      dispose: (account) => this.#background.forget(account),
    });
  }

  /**
   * Answers one poll of one host. It changes nothing that another poll could notice: the same state gets the same
   * events again, and after them whatever has come since.
   * @param state the host's `triggerState`; undefined at its first poll
   * @throws {PagerDutyResponseError} if PagerDuty refuses the key
   * @throws {ServiceError} `too_many_unknown_keys` if the key may be a guess, among many
   * @throws {ServiceError} if PagerDuty fails at the first poll of a connection, which has no log yet
   */
  async poll(connection: Connection, filter: EventFilter, state: string | undefined): Promise<PollAnswer> {
    if (!connection.keyGuard.isAccepted) await this.#admit(connection);
    const account = this.#account(connection);
    const start = state === undefined ? undefined : await this.#resolve(account, state, filter);
    if (start !== undefined) this.#prepare(account, start, filter);
    const { ran, failure } = await account.pollWhenDue(connection);
    if (failure !== undefined) this.#passOn(failure, account, connection);
    if (start === undefined || start.kind === 'restart') return this.#register(account, filter);
    const isValid = start.kind === 'valid';
    // Most polls of hosts come between two of PagerDuty, and what was read to resolve the cursor is still the answer.
    const log = isValid && !ran ? start.log : this.#logOf(account, await this.#read(start.cursor, filter));
    const { clock, retentionMs } = this.#options;
    const options = { state: isValid ? state : undefined, nowMs: clock.now(), retentionMs };
    return this.#answer(account, pageFor(start.cursor, log, options));
  }

  /** How many connections are polled in the background, because their hosts have polled lately. */
  get polledConnections(): number {
    return this.#background.size;
  }

  /** Begins the polls that are due for connections whose hosts have polled lately. To be called once a second. */
  tick(): void {
    this.#background.tick();
    this.#accounts.purgeStale();
  }

  /** Waits for the polls that are running; no more begin. */
  async close(): Promise<void> {
    await this.#background.close();
    await Promise.all([...this.#accounts.values()].map((account) => account.idle()));
  }

  /** Lets no guessed key get a place here, or in the store: PagerDuty has accepted the key, or may be asked. */
  async #admit({ id, keyGuard }: Connection): Promise<void> {
    keyGuard.refuseIfRejected();
    // A log is written only with what an accepted key has read: this one was known before the process began.
    if ((await this.#options.store.locate(id)) !== undefined) keyGuard.markAccepted();
    else keyGuard.refuseIfCrowded();
  }

  #account(connection: Connection): PolledAccount {
    const connectionId = connection.id;
    const known = this.#accounts.get(connectionId);
    const account = known ?? new PolledAccount(connectionId, this.#options);
    if (known === undefined) this.#accounts.set(connectionId, account);
    this.#background.keep(account, connection);
    return account;
  }

  async #resolve(account: PolledAccount, state: string, filter: EventFilter): Promise<ResolvedCursor> {
    const cursor = decodeCursor(state, account.connectionId);
    if (cursor === undefined) return { kind: 'restart', reason: 'unreadable' };
    const log = this.#logOf(account, await this.#read(cursor, filter));
    const { retentionMs } = this.#options;
    return resolveCursor(cursor, log, { serverNowMs: account.serverNowMs(log.header), retentionMs });
  }

  /** Reports what has become of a host's state, and has the next poll read what the host needs. */
  #prepare(account: PolledAccount, start: ResolvedCursor, filter: EventFilter): void {
    const { observer } = this.#options;
    const { connectionId } = account;
    if (start.kind === 'restart') {
      observer.restarted({ connectionId, reason: start.reason });
      return;
    }
    if (start.kind === 'recovered') observer.recovered({ connectionId, readBackMs: start.readBackMs });
    if (start.kind === 'recovered' || start.needsBackfill) account.requestBackfill(start.cursor.sinceMs);
    this.#watchNotes(account, filter, start.cursor);
  }

  #watchNotes(account: PolledAccount, { kind, subject }: EventFilter, { watermarkMs }: Cursor): void {
    if (kind !== 'noted' || subject === undefined) return;
    account.notes.watch(subject, watermarkMs);
  }

  /** Throws a failed poll's error, unless the host can be answered nevertheless. */
  #passOn(failure: unknown, account: PolledAccount, connection: Connection): void {
    const hasLog = account.log.snapshot !== undefined;
    // It may never get a log: nothing of it is kept, and it is not polled in the background.
    if (!hasLog && !connection.keyGuard.isAccepted) this.#accounts.delete(account.connectionId);
    const isRefused = failure instanceof PagerDutyResponseError && failure.pagerDutyStatus === 401;
    // A failing PagerDuty is no news to a host that has a log to read: it gets what is there and asks again.
    if (isRefused || !hasLog) throw failure;
  }

  async #register(account: PolledAccount, filter: EventFilter): Promise<PollAnswer> {
    const cursor = await registerHost(account, this.#options);
    this.#watchNotes(account, filter, cursor);
    return this.#answer(account, { payloads: [], state: encodeCursor(cursor), more: false });
  }

  #read(cursor: Cursor, filter: EventFilter): Promise<LogPage | undefined> {
    const { connectionId, position, sinceMs } = cursor;
    return this.#options.store.read(connectionId, { filter, after: position, notBeforeMs: sinceMs, limit: pageLimit });
  }

  #logOf(account: PolledAccount, page: LogPage | undefined) {
    return { page, header: page === undefined ? undefined : account.log.headerOf(page) };
  }

  #answer(account: PolledAccount, page: HostPage): PollAnswer {
    // Written out: `npm run bench -- poll` finds a spread of it costs 3 % of a quiet poll.
    const { payloads, state, more } = page;
    return { payloads, state, more, nextPollInMs: account.nextPollInMs };
  }
}
