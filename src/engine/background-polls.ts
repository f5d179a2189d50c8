import type { Clock } from '../clock/clock.js';
import type { Connection } from '../connection/connection.js';
import type { PolledAccount } from './polled-account.js';

/** Hosts that have not asked for this long may be gone: their connection is polled again when they come back. */
const activeMs = 900_000;
/** So many polls at a time; the others wait a second, and no connection waits for another's answer. */
const mostAtATime = 100;

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
  #closed = false;

  constructor(options: { clock: Clock; random: () => number; pollIntervalMs: number }) {
    this.#clock = options.clock;
    this.#random = options.random;
    this.#pollIntervalMs = options.pollIntervalMs;
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

  /** Begins the polls that are due. */
  tick(): void {
    if (this.#closed) return;
    const nowMs = this.#clock.now();
    const activeForMs = Math.max(activeMs, 3 * this.#pollIntervalMs);
    for (const [account, active] of [...this.#active]) {
      const { connection, lastAskedMs, firstAtMs } = active;
      if (nowMs - lastAskedMs > activeForMs) {
        this.#active.delete(account);
        continue;
      }
      if (this.#running.size >= mostAtATime) return;
      if (nowMs < firstAtMs || nowMs < account.nextPollAtMs || account.isPolling) continue;
      account.startWhenDue(connection);
      // To the end of the queue: where not all can be polled in time, all are late alike.
      this.#active.delete(account);
      this.#active.set(account, active);
      this.#running.add(account);
      void account.outcome().finally(() => this.#running.delete(account));
    }
  }

  /** Begins no more polls, and waits for those that run. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#running].map((account) => account.outcome()));
  }
}
