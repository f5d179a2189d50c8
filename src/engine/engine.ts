import type { LRUCache } from 'lru-cache';
import { ttlCache } from '../clock/ttl-cache.js';
import type { Connection } from '../connection/connection.js';
import { PagerDutyResponseError } from '../pagerduty/errors.js';
import { BackgroundPolls } from './background-polls.js';
import { type Cursor, decodeCursor, encodeCursor } from './cursor.js';
import type { LogPosition, Watch } from './engine-event.js';
import type { LogPage, LogState } from './event-store.js';
import { FirstPollElsewhereError } from './first-poll-elsewhere-error.js';
import { type AccountOptions, PolledAccount } from './polled-account.js';
import type { SnapshotHeader } from './snapshot.js';

/** A page is never longer: flow designers promise their users at most this many runs an answer. */
const pageSize = 100;
const idleMs = 3_600_000;
/** How long a host that comes first waits for the first poll of another process, and how often it looks. */
const longestFirstPollMs = 5_000;
const firstPollCheckMs = 250;

/** The answer to a host's poll. */
export interface PollAnswer {
  /** PagerDuty's objects, one an event, in log order. Empty: nothing new. */
  readonly payloads: readonly unknown[];
  /** Where the host stands now; what it must bring next time. */
  readonly state: string;
  /** True where more events wait behind this page. */
  readonly more: boolean;
  /** When PagerDuty is polled next at the earliest, in milliseconds from now. */
  readonly nextPollInMs: number;
}

/**
 * Answers hosts from the event logs, and polls PagerDuty when a host asks or the clock ticks, and a poll is due: at
 * most once an interval for each connection, however many hosts and triggers hang on it.
 */
export class Engine {
  readonly #options: AccountOptions;
  readonly #accounts: LRUCache<string, PolledAccount>;
  readonly #background: BackgroundPolls;

  constructor(options: AccountOptions & { random: () => number; mostAccounts?: number }) {
    this.#options = options;
    this.#background = new BackgroundPolls(options);
    this.#accounts = ttlCache(options.clock, {
      max: options.mostAccounts ?? 20_000,
      ttlMs: idleMs,
      updateAgeOnGet: true,
      dispose: (account) => this.#background.forget(account),
    });
  }

  /**
   * Answers one poll of one host. It changes nothing that another poll could notice: the same state gets the same
   * events again, and after them whatever has come since.
   * @param state the host's `triggerState`; undefined at its first poll
   * @throws {PagerDutyResponseError} where PagerDuty refuses the key
   * @throws {ServiceError} `too_many_unknown_keys` where the key may be a guess, among many
   * @throws {ServiceError} where PagerDuty fails at the first poll of a connection, which has no log yet
   */
  async poll(connection: Connection, watch: Watch, state: string | undefined): Promise<PollAnswer> {
    if (!connection.keyGuard.isAccepted) await this.#admit(connection);
    const account = this.#account(connection);
    const place = state === undefined ? undefined : await this.#find(account, state, watch);
    if (place !== undefined) this.#askForNotes(account, watch, place.cursor.horizonMs);
    const hasPolled = await this.#pollWhenDue(account, connection);
    if (place === undefined) return this.#register(account, watch, connection);
    // Most polls of hosts come between two of PagerDuty, and what was read to find the place is still the answer.
    const page = hasPolled ? undefined : place.page;
    return this.#answer(account, place.cursor, page ?? (await this.#read(place.cursor, watch)), state);
  }

  /** How many connections are polled in the background, because their hosts have asked lately. */
  get polledConnections(): number {
    return this.#background.size;
  }

  /** Begins the polls that are due for connections whose hosts have asked lately. To be called once a second. */
  tick(): void {
    this.#background.tick();
    this.#accounts.purgeStale();
  }

  /** Waits for the polls that are running; no more begin. */
  async close(): Promise<void> {
    await this.#background.close();
    await Promise.all([...this.#accounts.values()].map((account) => account.outcome()));
  }

  /** Lets no guessed key get a place here, or at the store: PagerDuty has accepted the key, or may be asked. */
  async #admit({ fingerprint, keyGuard }: Connection): Promise<void> {
    keyGuard.refuseIfRejected();
    // A log is written only with what an accepted key has read: this one was known before the process began.
    if ((await this.#options.store.locate(fingerprint)) !== undefined) keyGuard.markAccepted();
    else keyGuard.refuseIfCrowded();
  }

  #account(connection: Connection): PolledAccount {
    const known = this.#accounts.get(connection.fingerprint);
    const account = known ?? new PolledAccount(connection.fingerprint, this.#options);
    if (known === undefined) this.#accounts.set(connection.fingerprint, account);
    this.#background.asked(account, connection);
    return account;
  }

  #askForNotes(account: PolledAccount, { kind, subject }: Watch, sinceMs: number): void {
    if (kind === 'noted' && subject !== undefined) account.notes.ask(subject, sinceMs, this.#options.clock.now());
  }

  /** Whether a poll has run, which may have written to the log. */
  async #pollWhenDue(account: PolledAccount, connection: Connection): Promise<boolean> {
    account.startWhenDue(connection, this.#background.dueAtMs(account));
    const polls = account.isPolling;
    const failure = await account.outcome();
    if (failure === undefined) return polls;
    // It has no log, and may never get one: nothing of it is kept, and it is not polled in the background.
    if (!connection.keyGuard.isAccepted && account.log.snapshot === undefined) {
      this.#accounts.delete(connection.fingerprint);
    }
    const refused = failure instanceof PagerDutyResponseError && failure.pagerDutyStatus === 401;
    // A failing PagerDuty is no news to a host that has a log to read: it gets what is there and asks again.
    if (refused || account.log.snapshot === undefined) throw failure;
    return polls;
  }

  /**
   * The host's place, and the page behind it. One in a log that is gone is replaced by one before everything that
   * happened since the host's horizon, and the next poll reads that back from PagerDuty. Undefined: the host starts
   * again from now.
   */
  async #find(account: PolledAccount, state: string, watch: Watch): Promise<Place | undefined> {
    const { observer, retentionMs } = this.#options;
    const { connection: fingerprint } = account;
    const cursor = decodeCursor(state, fingerprint);
    if (cursor === undefined) {
      observer.restarted({ connection: fingerprint, reason: 'unreadable' });
      return undefined;
    }
    const page = await this.#read(cursor, watch);
    const header = page === undefined ? undefined : account.log.headerOf(page);
    if (page?.holds === true) {
      if (header !== undefined && cursor.sinceMs < header.coverageMs) account.want(cursor.sinceMs);
      return { cursor, page };
    }
    const readBackMs = account.serverNowMs(header) - cursor.horizonMs;
    if (readBackMs > retentionMs) {
      observer.restarted({ connection: fingerprint, reason: 'expired' });
      return undefined;
    }
    observer.recovered({ connection: fingerprint, readBackMs });
    account.want(cursor.horizonMs);
    return { cursor: { ...cursor, position: beforeEverything, sinceMs: cursor.horizonMs }, page: undefined };
  }

  async #register(account: PolledAccount, watch: Watch, { fingerprint }: Connection): Promise<PollAnswer> {
    const log = await this.#firstLog(account, fingerprint);
    const header = account.log.headerOf(log);
    const sinceMs = Math.max(account.serverNowMs(header) - this.#options.pollIntervalMs, header.coverageMs);
    this.#askForNotes(account, watch, sinceMs);
    const cursor = { connection: fingerprint, position: log.head, sinceMs, horizonMs: sinceMs };
    return { payloads: [], state: encodeCursor(cursor), more: false, nextPollInMs: this.#nextPollInMs(account) };
  }

  /** The connection's log, which another process may be about to begin. @throws {FirstPollElsewhereError} */
  async #firstLog(account: PolledAccount, connection: string): Promise<LogState> {
    const { clock, store } = this.#options;
    for (let waitedMs = 0; ; waitedMs += firstPollCheckMs) {
      const log = await store.locate(connection);
      if (log !== undefined) return log;
      if (waitedMs >= longestFirstPollMs) throw new FirstPollElsewhereError(this.#nextPollInMs(account));
      await clock.sleep(firstPollCheckMs);
    }
  }

  #read(cursor: Cursor, watch: Watch): Promise<LogPage | undefined> {
    return this.#options.store.read(cursor.connection, {
      watch,
      after: cursor.position,
      notBeforeMs: cursor.sinceMs,
      limit: pageSize + 1,
    });
  }

  #answer(account: PolledAccount, cursor: Cursor, log: LogPage | undefined, state: string | undefined): PollAnswer {
    const header = log === undefined ? undefined : account.log.headerOf(log);
    const events = log?.events ?? [];
    const page = events.slice(0, pageSize);
    const more = events.length > page.length;
    const last = page.at(-1);
    const isUnchanged = state !== undefined && last === undefined && !this.#isToBeRenewed(cursor);
    return {
      payloads: page.map(({ payload }): unknown => JSON.parse(payload)),
      state: isUnchanged ? state : encodeCursor(advanced(cursor, last ?? log?.head, more ? undefined : header)),
      more,
      nextPollInMs: this.#nextPollInMs(account),
    };
  }

  /**
   * A state stays as it is while nothing is new, but not for so long that it expires: a flow that has polled all the
   * time must never be told that its state is too old. Also, a position in a lost log is replaced at once.
   */
  #isToBeRenewed(cursor: Cursor): boolean {
    if (cursor.position === beforeEverything) return true;
    return this.#options.clock.now() - cursor.horizonMs > this.#options.retentionMs / 2;
  }

  #nextPollInMs(account: PolledAccount): number {
    return Math.max(0, account.nextPollAtMs - this.#options.clock.now());
  }
}

/** Where a host stands that got everything up to `position`, and if there is a `header`, all that the log has. */
function advanced(cursor: Cursor, position: LogPosition | undefined, header: SnapshotHeader | undefined): Cursor {
  // What is still to come may have happened before what is here, while more waits or the log is to be read back.
  const isWhole = header !== undefined && header.coverageMs <= cursor.sinceMs;
  return {
    ...cursor,
    position: position ?? cursor.position,
    horizonMs: isWhole ? Math.max(cursor.horizonMs, header.horizonMs) : cursor.horizonMs,
  };
}

/** Where a host stands, and what lies behind that; no page where the log that it stood in is gone. */
interface Place {
  readonly cursor: Cursor;
  readonly page: LogPage | undefined;
}

/** A position that no log holds, before every event of any log. */
const beforeEverything: Cursor['position'] = { sequence: 0, mark: '' };
