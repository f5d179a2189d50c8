import type { Connection } from '../connection/connection.js';
import { ServiceError } from '../errors/service-error.js';
import { PagerDutyResponseError } from '../pagerduty/errors.js';
import {
  beforeEverything,
  type HostPage,
  maxPageEvents,
  pageFor,
  type ResolvedCursor,
  resolveCursor,
} from './answer-host.js';
import { type Cursor, connectionPrefixOf, decodeCursor, encodeCursor } from './cursor.js';
import type { EngineOptions, RestartReason } from './engine-options.js';
import type { LogPage } from './event-store.js';
import type { EventFilter } from './events.js';
import { refuseIfRefused } from './key-refusal.js';
import { incidentIdOf, noteFrontier } from './note-frontier.js';
import type { PolledAccount } from './polled-account.js';
import { PolledAccounts } from './polled-accounts.js';
import { firstLog, registerHost } from './register-host.js';

/** A host waits no longer for a poll: it gets what the log has. */
const maxWaitMs = 2_000;

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
  readonly #accounts: PolledAccounts;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#accounts = new PolledAccounts(options);
  }

  /**
   * Answers one poll of one host. It changes nothing that another poll could notice: the same state gets the same
   * events again, and after them whatever has come since.
   * @param state the host's `triggerState`; undefined at its first poll
   * @throws {PagerDutyResponseError} if PagerDuty refuses the key
   * @throws {ServiceError} `too_many_unknown_keys` if the key may be a guess, among many
   * @throws {ServiceError} if PagerDuty fails at the first poll of a connection, which has no log yet, or at a registration
   */
  async poll(connection: Connection, asked: EventFilter, state: string | undefined): Promise<PollAnswer> {
    // A guessed key gets no place here, or in the store: PagerDuty has accepted the key, or may be asked.
    await connection.keyGuard.recall();
    connection.keyGuard.refuseIfRejected();
    connection.keyGuard.refuseIfCrowded();
    const account = this.#accounts.of(connection);
    const cursor = state === undefined ? undefined : decodeCursor(state);
    if (state !== undefined && cursor === undefined) this.#restarted(account, 'unreadable');
    if (cursor === undefined) return this.#register(account, connection, asked);
    const filter = await withIncidentId(connection, asked);
    const isForeign = cursor.connectionPrefix !== connectionPrefixOf(connection.id);
    if (isForeign && account.log.snapshot === undefined) await this.#pollFirst(account, connection);
    const start = await this.#resolve(account, cursor, filter);
    if (start.kind === 'restart') {
      this.#restarted(account, start.reason);
      return this.#register(account, connection, asked);
    }
    this.#prepare(account, start, filter);
    const isRefused = start.kind === 'valid' && start.log.header?.refusedWith !== undefined;
    const hasNews = start.kind === 'valid' && !isRefused && (start.log.page?.events.length ?? 0) > 0;
    // A poll that is to begin now may find that the key is refused: then the host gets no news.
    const { ran, failure } = await account.pollWhenDue(connection, hasNews && !account.isDue ? 0 : maxWaitMs);
    if (failure !== undefined) this.#passOn(failure, account);
    // Most polls of hosts come between two of PagerDuty, and what was read to resolve the cursor is still the answer.
    const isValid = start.kind === 'valid';
    const log =
      isValid && (!ran || hasNews) ? start.log : this.#logOf(account, await this.#read(account, start.cursor, filter));
    refuseIfRefused(log.header);
    const { clock, retentionMs } = this.#options;
    // A log that has not begun yet is no place to stand in.
    const isKept = isValid || log.page === undefined;
    const options = { state: isKept ? state : undefined, kind: filter.kind, nowMs: clock.now(), retentionMs };
    return this.#answer(account, pageFor(start.cursor, log, options));
  }

  /**
   * Erases what is kept of a connection's events, and polls it no more until a host asks. A host that asks afterwards has
   * a new log begun.
   * @throws {StoreUnavailableError}
   */
  async erase({ id }: Pick<Connection, 'id'>): Promise<void> {
    await this.#accounts.forget(id);
    await this.#options.store.erase(id);
  }

  /** How many connections are polled in the background, because their hosts have polled lately. */
  get polledConnections(): number {
    return this.#accounts.polledInBackground;
  }

  /** How many polls in the background have taken long, and go on. */
  get slowPolls(): number {
    return this.#accounts.slowPolls;
  }

  /** Begins the polls that are due for connections whose hosts have polled lately. To be called once a second. */
  tick(): void {
    this.#accounts.tick();
  }

  /** Waits for the polls that are running; no more begin. */
  async close(): Promise<void> {
    await this.#accounts.close();
  }

  async #resolve(account: PolledAccount, cursor: Cursor, filter: EventFilter): Promise<ResolvedCursor> {
    const { clock, retentionMs } = this.#options;
    const log = this.#logOf(account, await this.#read(account, cursor, filter));
    const { connectionId } = account;
    return resolveCursor(cursor, log, { connectionId, kind: filter.kind, nowMs: clock.now(), retentionMs });
  }

  #restarted({ connectionId }: PolledAccount, reason: RestartReason) {
    this.#options.observer.restarted({ connectionId, reason });
  }

  /** Reports what has become of a host's state, and has the next poll read what the host needs. */
  #prepare(account: PolledAccount, start: Exclude<ResolvedCursor, { kind: 'restart' }>, filter: EventFilter): void {
    const { connectionId } = account;
    const { cursor, kind, needsBackfill } = start;
    if (kind === 'recovered') this.#options.observer.recovered({ connectionId, readBackMs: start.readBackMs });
    if (needsBackfill) account.requestBackfill(cursor.frontierMs);
    this.#watchNotes(account, filter, cursor);
  }

  #watchNotes(account: PolledAccount, { kind, subject }: EventFilter, { frontierMs }: Cursor): void {
    if (kind === 'noted' && subject !== undefined) account.notes.watch(subject, frontierMs);
  }

  /**
   * Throws a failed poll's error, unless the host can be answered nevertheless.
   * @param needsCalls true if an answer would take calls that the polls need to go on
   */
  #passOn(failure: unknown, account: PolledAccount, needsCalls = false): void {
    const isRefused = failure instanceof PagerDutyResponseError && failure.pagerDutyStatus === 401;
    // A failing PagerDuty is no news to a host that has a log to read: it gets what is there and asks again.
    if (!isRefused && !needsCalls && account.log.snapshot !== undefined) return;
    if (!isRefused && failure instanceof ServiceError) throw failure.retriedAfter(account.nextPollInMs);
    throw failure;
  }

  /**
   * Sees to it that there is a log. Whether a host has come to another account shows only in records; until then no
   * answer could say from when on it gets what happens there.
   */
  async #pollFirst(account: PolledAccount, connection: Connection): Promise<void> {
    const { failure } = await account.pollWhenDue(connection);
    if (failure !== undefined) this.#passOn(failure, account);
    await firstLog(account, this.#options);
  }

  async #register(account: PolledAccount, connection: Connection, asked: EventFilter): Promise<PollAnswer> {
    const { failure } = await account.pollWhenDue(
      connection,
      account.log.snapshot === undefined ? undefined : maxWaitMs,
    );
    if (failure !== undefined) this.#passOn(failure, account, isOfLimit(failure) && account.baseline.isNeeded);
    // From now on it is polled in the background: PagerDuty has accepted the key.
    this.#accounts.of(connection);
    const isAboutNotes = asked.kind === 'noted' && asked.subject !== undefined;
    const notes = isAboutNotes ? await noteFrontier(connection, asked.subject) : undefined;
    const cursor = await registerHost(account, { connection, filter: asked, notes }, this.#options);
    if (notes !== undefined) this.#watchNotes(account, { kind: 'noted', subject: notes.incidentId }, cursor);
    return this.#answer(account, { payloads: [], state: encodeCursor(cursor), more: false });
  }

  #read({ connectionId }: PolledAccount, cursor: Cursor, filter: EventFilter): Promise<LogPage | undefined> {
    const isForeign = cursor.connectionPrefix !== connectionPrefixOf(connectionId);
    // A position in another log says nothing about this one.
    const after = isForeign ? beforeEverything : cursor.position;
    return this.#options.store.read(connectionId, { filter, after, notBeforeMs: cursor.sinceMs, limit: maxPageEvents });
  }

  #logOf(account: PolledAccount, page: LogPage | undefined) {
    return { page, header: page === undefined ? undefined : account.log.headerOf(page) };
  }

  #answer(account: PolledAccount, page: HostPage): PollAnswer {
    const { payloads, state, more } = page;
    return { payloads, state, more, nextPollInMs: account.nextPollInMs };
  }
}

/** A flow may name an incident by its number; the log names it by its id. */
async function withIncidentId(connection: Connection, filter: EventFilter): Promise<EventFilter> {
  const { kind, subject } = filter;
  if (kind !== 'noted' || subject === undefined) return filter;
  const incidentId = await incidentIdOf(connection, subject);
  return incidentId === subject ? filter : { kind, subject: incidentId };
}

function isOfLimit(failure: unknown): boolean {
  return failure instanceof PagerDutyResponseError && failure.pagerDutyStatus === 429;
}
