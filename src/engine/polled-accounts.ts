import type { LRUCache } from 'lru-cache';
import { ttlCache } from '../clock/clock.js';
import type { Connection } from '../connection/connection.js';
import { BackgroundPolls } from './background-polls.js';
import type { EngineOptions } from './engine-options.js';
import { PolledAccount } from './polled-account.js';

const idleMs = 3_600_000;
/** Keys that PagerDuty has not accepted: what is kept of them is when they may be polled next. */
const maxStrangers = 1_000;

/** The accounts in memory: those of accepted keys, which are polled in the background, and some of unknown ones. */
export class PolledAccounts {
  readonly #options: EngineOptions;
  readonly #accepted: LRUCache<string, PolledAccount>;
  readonly #strangers: LRUCache<string, PolledAccount>;
  readonly #background: BackgroundPolls;

  constructor(options: EngineOptions) {
    const { clock, maxAccounts = 20_000 } = options;
    this.#options = options;
    this.#background = new BackgroundPolls(options);
    this.#accepted = ttlCache(clock, {
      max: maxAccounts,
      ttlMs: idleMs,
      updateAgeOnGet: true,
      dispose: (account) => this.#background.forget(account),
    });
    this.#strangers = ttlCache(clock, { max: maxStrangers, ttlMs: idleMs });
  }

  /** How many are polled in the background, because their hosts have polled lately. */
  get polledInBackground(): number {
    return this.#background.size;
  }

  /** How many polls in the background have taken long, and go on. */
  get slowPolls(): number {
    return this.#background.slow;
  }

  /** The account of a connection. From now on it is polled in the background, if PagerDuty has accepted the key. */
  of(connection: Connection): PolledAccount {
    const { id, keyGuard } = connection;
    const known = this.#accepted.get(id);
    const account = known ?? this.#strangers.get(id) ?? new PolledAccount(id, this.#options);
    if (!keyGuard.isAccepted) {
      this.#strangers.set(id, account);
      return account;
    }
    if (known === undefined) {
      this.#strangers.delete(id);
      this.#accepted.set(id, account);
    }
    this.#background.keep(account, connection);
    return account;
  }

  /** Forgets an account, and waits for its poll, if one runs: nothing of it is written afterwards. */
  async forget(connectionId: string): Promise<void> {
    for (const accounts of [this.#accepted, this.#strangers]) {
      const account = accounts.get(connectionId);
      accounts.delete(connectionId);
      await account?.idle();
    }
  }

  /** Begins the polls that are due, and forgets who has been idle. */
  tick(): void {
    this.#background.tick();
    this.#accepted.purgeStale();
    this.#strangers.purgeStale();
  }

  /** Waits for the polls that are running; no more begin. */
  async close(): Promise<void> {
    await this.#background.close();
    const accounts = [...this.#accepted.values(), ...this.#strangers.values()];
    await Promise.all(accounts.map((account) => account.idle()));
  }
}
