import type { Connection } from '../connection/connection.js';
import type { EngineOptions } from './engine-options.js';
import type { PolledAccount } from './polled-account.js';

/** Hosts that have not polled for this long may be gone: their connection is polled again when they come back. */
const activeMs = 900_000;
/** So many polls at a time; whenever one ends the next begins, so that no connection waits for a certain other one. */
const maxConcurrentPolls = 100;
/** A poll that takes longer goes on beside those: an account that PagerDuty answers slowly holds up no other. */
const maxPlaceMs = 2_000;
/** So many polls in all, slow ones included. */
const maxRunningPolls = 1_000;

interface Active {
  /** Holds the key, in memory only. */
  connection: Connection;
  lastHostPollMs: number;
}

/** Keeps polling in the background for connections whose hosts have polled lately. */
export class BackgroundPolls {
  readonly #options: Pick<EngineOptions, 'clock' | 'random' | 'pollIntervalMs'>;
  /** In the order in which they were polled, the longest ago first. */
  readonly #active = new Map<PolledAccount, Active>();
  readonly #running = new Set<PolledAccount>();
  /** Of those that run, the ones that have taken long. */
  readonly #slow = new Set<PolledAccount>();
  /** Those that were due at the last tick and have not begun, the longest waiting last. */
  #waiting: PolledAccount[] = [];
  #closed = false;

  constructor(options: Pick<EngineOptions, 'clock' | 'random' | 'pollIntervalMs'>) {
    this.#options = options;
  }

  /** How many accounts are polled. */
  get size(): number {
    return this.#active.size;
  }

  /** How many polls run that have taken long. */
  get slow(): number {
    return this.#slow.size;
  }

  /** Polls the account from now on: a host has polled. */
  keep(account: PolledAccount, connection: Connection): void {
    const { clock, pollIntervalMs, random } = this.#options;
    const nowMs = clock.monotonic();
    const active = this.#active.get(account);
    if (active === undefined) {
      // Spreads connections that came at the same moment over an interval.
      account.pollInBackgroundFrom(nowMs + (1 + random()) * pollIntervalMs);
      this.#active.set(account, { connection, lastHostPollMs: nowMs });
    } else {
      active.connection = connection;
      active.lastHostPollMs = nowMs;
    }
  }

  /** Polls the account no more. */
  forget(account: PolledAccount): void {
    this.#active.delete(account);
    account.pollInBackgroundFrom(Number.POSITIVE_INFINITY);
  }

  /** Begins the polls that are due, or has them begin as soon as others have ended. */
  tick(): void {
    const { clock, pollIntervalMs } = this.#options;
    const activeSinceMs = clock.monotonic() - Math.max(activeMs, 3 * pollIntervalMs);
    this.#waiting = [];
    for (const [account, { lastHostPollMs }] of this.#active) {
      if (lastHostPollMs < activeSinceMs) this.forget(account);
      else if (account.isDueInBackground) this.#waiting.push(account);
    }
    // The next is taken from the end.
    this.#waiting.reverse();
    this.#fill();
  }

  /** Begins no more polls, and waits for those that run. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#running].map((account) => account.idle()));
  }

  #fill(): void {
    while (!this.#closed && this.#hasPlace) {
      const account = this.#waiting.pop();
      if (account === undefined) return;
      const active = this.#active.get(account);
      // While it waited a host may have had it polled, or it may have been forgotten.
      if (active !== undefined && account.isDueInBackground) this.#begin(account, active);
    }
  }

  get #hasPlace(): boolean {
    const { size } = this.#running;
    return size - this.#slow.size < maxConcurrentPolls && size < maxRunningPolls;
  }

  #begin(account: PolledAccount, active: Active): void {
    // To the end of the queue: if not all can be polled in time, all are late alike.
    this.#active.delete(account);
    this.#active.set(account, active);
    this.#running.add(account);
    const cancel = this.#options.clock.after(maxPlaceMs, () => {
      this.#slow.add(account);
      this.#fill();
    });
    void account.pollWhenDue(active.connection).finally(() => {
      cancel();
      this.#running.delete(account);
      this.#slow.delete(account);
      this.#fill();
    });
  }
}
