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

  /**
   * Lets no guessed key get a place here, or in the store: PagerDuty has accepted the key, or may be asked.
   * @throws {ServiceError} `too_many_unknown_keys` if the key may be a guess, among many
   */
  async admit({ id, keyGuard }: Connection): Promise<void> {
    keyGuard.refuseIfRejected();
    // A log is written only with what an accepted key has read: this one was known before the process began.
    if ((await this.#options.store.locate(id)) !== undefined) keyGuard.markAccepted();
    else keyGuard.refuseIfCrowded();
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
