import type { Clock } from '../clock/clock.js';
import type { Connection } from '../connection/connection.js';
import type { PolledAccount } from './polled-account.js';

/** Hosts that have not asked for this long may be gone: their connection is polled again when they come back. */
const activeMs = 900_000;
/** So many polls at a time; whenever one ends the next begins, so that no connection waits for a certain other one. */
const maxConcurrentPolls = 100;

interface Active {
  /** Holds the key, in memory only. */
  connection: Connection;
  lastAskedMs: number;
  /** Spreads connections that came at the same moment over the interval; used once. */
  firstAtMs: number;
}

/** Keeps polling in the background for connections whose hosts have asked lately. */
export class BackgroundPolls {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #pollIntervalMs: number;
  readonly #active = new Map<PolledAccount, Active>();
  readonly #running = new Set<PolledAccount>();
  /** Those that were due at the last tick and have not begun, the longest waiting last. */
  #waiting: PolledAccount[] = [];
  #closed = false;

  constructor(options: { clock: Clock; random: () => number; pollIntervalMs: number }) {
    this.#clock = options.clock;
    this.#random = options.random;
    this.#pollIntervalMs = options.pollIntervalMs;
  }

  /** How many accounts are polled. */
  get size(): number {
    return this.#active.size;
  }

  /** Since when a poll of the account is late. A host may have it begin before that. */
  dueAtMs(account: PolledAccount): number {
    return Math.max(this.#active.get(account)?.firstAtMs ?? Number.POSITIVE_INFINITY, account.nextPollAtMs);
  }

  /** A host of the account has asked. */
  asked(account: PolledAccount, connection: Connection): void {
    const nowMs = this.#clock.now();
    const active = this.#active.get(account);
    if (active === undefined) {
      const firstAtMs = nowMs + (1 + this.#random()) * this.#pollIntervalMs;
      this.#active.set(account, { connection, lastAskedMs: nowMs, firstAtMs });
    } else {
      active.connection = connection;
      active.lastAskedMs = nowMs;
    }
  }

  /** The account is not wanted any more. */
  forget(account: PolledAccount): void {
    this.#active.delete(account);
  }

  /** Begins the polls that are due, or has them begin as soon as others have ended. */
  tick(): void {
    const nowMs = this.#clock.now();
    const activeForMs = Math.max(activeMs, 3 * this.#pollIntervalMs);
    this.#waiting = [];
    for (const [account, { lastAskedMs, firstAtMs }] of this.#active) {
      if (nowMs - lastAskedMs > activeForMs) this.#active.delete(account);
      else if (nowMs >= firstAtMs && this.#isDue(account)) this.#waiting.push(account);
    }
    // The next is taken from the end.
    this.#waiting.reverse();
    this.#fill();
  }

  /** Begins no more polls, and waits for those that run. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#running].map((account) => account.outcome()));
  }

  #isDue(account: PolledAccount): boolean {
    return this.#clock.now() >= account.nextPollAtMs && !account.isPolling;
  }

  #fill(): void {
    while (!this.#closed && this.#running.size < maxConcurrentPolls) {
      const account = this.#waiting.pop();
      if (account === undefined) return;
      const active = this.#active.get(account);
      // While it waited a host may have had it polled, or it may have been forgotten.
      if (active !== undefined && this.#isDue(account)) this.#begin(account, active);
    }
  }

  #begin(account: PolledAccount, active: Active): void {
    account.startWhenDue(active.connection, this.dueAtMs(account));
    // To the end of the queue: where not all can be polled in time, all are late alike.
    this.#active.delete(account);
    this.#active.set(account, active);
    this.#running.add(account);
    void account.outcome().finally(() => {
      this.#running.delete(account);
      this.#fill();
    });
  }
}
