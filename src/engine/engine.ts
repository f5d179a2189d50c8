import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock/clock.js';
import type { Connection } from '../connection/connection.js';
import { PagerDutyResponseError } from '../pagerduty/pagerduty-response-error.js';
import type { Watch } from '../triggers/watch.js';
import { type Cursor, decodeCursor, encodeCursor } from './cursor.js';
import type { EngineObserver } from './engine-observer.js';
import type { EventStore } from './event-store.js';
import { PolledAccount } from './polled-account.js';

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
 * Answers hosts from the event logs, and polls PagerDuty when a host asks and a poll is due: at most once an
 * interval for each connection, however many hosts and triggers hang on it.
 */
export class Engine {
  readonly #store: EventStore;
  readonly #clock: Clock;
  readonly #observer: EngineObserver;
  readonly #pollIntervalMs: number;
  readonly #accounts: LRUCache<string, PolledAccount>;
  readonly #accountOptions: { store: EventStore; clock: Clock; uniqueMark: () => string; observer: EngineObserver };

  constructor(options: {
    store: EventStore;
    clock: Clock;
    observer: EngineObserver;
    /** Random text, different each time. */
    uniqueMark: () => string;
    pollIntervalMs: number;
    mostAccounts?: number;
  }) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#observer = options.observer;
    this.#pollIntervalMs = options.pollIntervalMs;
    this.#accountOptions = options;
    this.#accounts = new LRUCache({
      max: options.mostAccounts ?? 20_000,
      ttl: idleMs,
      ttlResolution: 0,
      updateAgeOnGet: true,
      perf: { now: () => options.clock.now() },
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
    await this.#pollWhenDue(account, connection);
    const cursor = state === undefined ? undefined : await this.#validCursor(state, connection);
    return cursor === undefined ? this.#register(account, connection) : this.#page(account, watch, cursor, state);
  }

  #account(connection: Connection): PolledAccount {
    const known = this.#accounts.get(connection.fingerprint);
    if (known !== undefined) return known;
    const account = new PolledAccount(connection.fingerprint, this.#accountOptions);
    this.#accounts.set(connection.fingerprint, account);
    return account;
  }

  async #pollWhenDue(account: PolledAccount, connection: Connection): Promise<void> {
    const startedAtMs = account.lastPollAtMs;
    if (startedAtMs === undefined || this.#clock.now() - startedAtMs >= this.#pollIntervalMs) account.start(connection);
    const failure = await account.outcome();
    if (failure === undefined) return;
    const refused = failure instanceof PagerDutyResponseError && failure.status === 401;
    // A failing PagerDuty is no news to a host that has a log to read: it gets what is there and asks again.
    if (refused || account.head === undefined) throw failure;
  }

  async #validCursor(state: string, connection: Connection): Promise<Cursor | undefined> {
    const cursor = decodeCursor(state, connection.fingerprint);
    const reason = cursor === undefined ? 'unreadable' : 'unknown';
    if (cursor !== undefined && (await this.#store.holds(connection.fingerprint, cursor.position))) return cursor;
    this.#observer.restarted({ connection: connection.fingerprint, reason });
    return undefined;
  }

  #register(account: PolledAccount, connection: Connection): PollAnswer {
    const { head } = account;
    if (head === undefined) throw new Error('A connection has a log once its first poll has succeeded.');
    const sinceMs = Math.max(0, account.serverNowMs() - this.#pollIntervalMs);
    const state = encodeCursor({ connection: connection.fingerprint, position: head, sinceMs });
    return { payloads: [], state, more: false, nextPollInMs: this.#nextPollInMs(account) };
  }

  async #page(account: PolledAccount, watch: Watch, cursor: Cursor, state: string | undefined): Promise<PollAnswer> {
    const events = await this.#store.read(cursor.connection, {
      watch,
      after: cursor.position.sequence,
      notBeforeMs: cursor.sinceMs,
      limit: pageSize + 1,
    });
    const page = events.slice(0, pageSize);
    const last = page.at(-1);
    return {
      payloads: page.map(({ payload }): unknown => JSON.parse(payload)),
      state:
        last === undefined && state !== undefined
          ? state
          : encodeCursor({ ...cursor, position: last ?? cursor.position }),
      more: events.length > page.length,
      nextPollInMs: this.#nextPollInMs(account),
    };
  }

  #nextPollInMs(account: PolledAccount): number {
    const elapsedMs = this.#clock.now() - (account.lastPollAtMs ?? 0);
    return Math.min(this.#pollIntervalMs, Math.max(0, this.#pollIntervalMs - elapsedMs));
  }
}
