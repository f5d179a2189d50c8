import { LRUCache } from 'lru-cache';
import type { Connection } from '../connection/connection.js';
import { PagerDutyResponseError } from '../pagerduty/pagerduty-response-error.js';
import type { Watch } from '../triggers/watch.js';
import { BackgroundPolls } from './background-polls.js';
import { type Cursor, decodeCursor, encodeCursor } from './cursor.js';
import { type AccountOptions, PolledAccount } from './polled-account.js';

/** A page is never longer: flow designers promise their users at most this many runs an answer. */
const pageSize = 100;
const idleMs = 3_600_000;

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
    this.#accounts = new LRUCache({
      max: options.mostAccounts ?? 20_000,
      ttl: idleMs,
      ttlResolution: 0,
      updateAgeOnGet: true,
      perf: { now: () => options.clock.now() },
      dispose: (account) => this.#background.forget(account),
    });
  }

  /**
   * Answers one poll of one host. It changes nothing that another poll could notice: the same state gets the same
   * events again, and after them whatever has come since.
   * @param state the host's `triggerState`; undefined at its first poll
   * @throws {PagerDutyResponseError} where PagerDuty refuses the key
   * @throws {ServiceError} where PagerDuty fails at the first poll of a connection, which has no log yet
   */
  async poll(connection: Connection, watch: Watch, state: string | undefined): Promise<PollAnswer> {
    const account = this.#account(connection);
    await account.load();
    const cursor = state === undefined ? undefined : await this.#readCursor(account, state, connection);
    if (watch.kind === 'noted' && watch.subject !== undefined) {
      const sinceMs = cursor?.horizonMs ?? account.serverNowMs() - this.#options.pollIntervalMs;
      account.notes.ask(watch.subject, sinceMs, this.#options.clock.now());
    }
    await this.#pollWhenDue(account, connection);
    return cursor === undefined ? this.#register(account, connection) : this.#page(account, watch, cursor, state);
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

  #account(connection: Connection): PolledAccount {
    const known = this.#accounts.get(connection.fingerprint);
    const account = known ?? new PolledAccount(connection.fingerprint, this.#options);
    if (known === undefined) this.#accounts.set(connection.fingerprint, account);
    this.#background.asked(account, connection);
    return account;
  }

  async #pollWhenDue(account: PolledAccount, connection: Connection): Promise<void> {
    account.startWhenDue(connection);
    const failure = await account.outcome();
    if (failure === undefined) return;
    const refused = failure instanceof PagerDutyResponseError && failure.status === 401;
    // A failing PagerDuty is no news to a host that has a log to read: it gets what is there and asks again.
    if (refused || account.head === undefined) throw failure;
  }

  /**
   * The host's place. One in a log that is gone is replaced by one before everything that happened since the host's
   * horizon, and the next poll reads that back from PagerDuty. Undefined: the host starts again from now.
   */
  async #readCursor(account: PolledAccount, state: string, connection: Connection): Promise<Cursor | undefined> {
    const { observer, retentionMs, store } = this.#options;
    const { fingerprint } = connection;
    const cursor = decodeCursor(state, fingerprint);
    if (cursor === undefined) {
      observer.restarted({ connection: fingerprint, reason: 'unreadable' });
      return undefined;
    }
    if (await store.holds(fingerprint, cursor.position)) {
      if (cursor.sinceMs < (account.coverageMs ?? 0)) account.want(cursor.sinceMs);
      return cursor;
    }
    const readBackMs = account.serverNowMs() - cursor.horizonMs;
    if (readBackMs > retentionMs) {
      observer.restarted({ connection: fingerprint, reason: 'expired' });
      return undefined;
    }
    observer.recovered({ connection: fingerprint, readBackMs });
    await account.refresh();
    account.want(cursor.horizonMs);
    return { ...cursor, position: beforeEverything, sinceMs: cursor.horizonMs };
  }

  #register(account: PolledAccount, connection: Connection): PollAnswer {
    const { head } = account;
    if (head === undefined) throw new Error('A connection has a log once its first poll has succeeded.');
    const sinceMs = Math.max(account.serverNowMs() - this.#options.pollIntervalMs, account.coverageMs ?? 0);
    const cursor = { connection: connection.fingerprint, position: head, sinceMs, horizonMs: sinceMs };
    return { payloads: [], state: encodeCursor(cursor), more: false, nextPollInMs: this.#nextPollInMs(account) };
  }

  async #page(account: PolledAccount, watch: Watch, cursor: Cursor, state: string | undefined): Promise<PollAnswer> {
    // Taken before the log is read: what is written meanwhile is behind it.
    const { head, horizonMs } = account;
    const events = await this.#options.store.read(cursor.connection, {
      watch,
      after: cursor.position.sequence,
      notBeforeMs: cursor.sinceMs,
      limit: pageSize + 1,
    });
    const page = events.slice(0, pageSize);
    const more = events.length > page.length;
    const last = page.at(-1);
    // What is still to come may have happened before what is here, while more waits or the log is to be read back.
    const isWhole = !more && (account.coverageMs ?? Number.POSITIVE_INFINITY) <= cursor.sinceMs;
    const next = {
      ...cursor,
      position: last ?? head ?? cursor.position,
      horizonMs: isWhole ? Math.max(cursor.horizonMs, horizonMs ?? 0) : cursor.horizonMs,
    };
    return {
      payloads: page.map(({ payload }): unknown => JSON.parse(payload)),
      state: state !== undefined && last === undefined && !this.#isToBeRenewed(cursor) ? state : encodeCursor(next),
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

/** A position that no log holds, before every event of any log. */
const beforeEverything: Cursor['position'] = { sequence: 0, mark: '' };
