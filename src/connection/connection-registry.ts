import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock/clock.js';
import type { Credential } from '../pagerduty/credential.js';
import type { PagerDuty } from '../pagerduty/pagerduty.js';
import { Connection } from './connection.js';
import { EventSender } from './event-sender.js';

/**
 * The connections in use, one for each credential. It is bounded, and forgets a connection that has been idle: a
 * key that nobody uses leaves nothing behind. Keys live here, in memory, and nowhere else.
 */
export class ConnectionRegistry {
  readonly #pagerDuty: PagerDuty;
  readonly #account: string;
  readonly #clock: Clock;
  readonly #events: EventSender;
  readonly #connections: LRUCache<string, Connection>;

  constructor(options: {
    pagerDuty: PagerDuty;
    /** The REST API's URL: the same key is another connection elsewhere. */
    apiUrl: URL;
    clock: Clock;
    mostConnections?: number;
    idleMs?: number;
  }) {
    this.#pagerDuty = options.pagerDuty;
    this.#account = options.apiUrl.href;
    this.#clock = options.clock;
    this.#events = new EventSender(options.pagerDuty.events);
    this.#connections = new LRUCache({
      max: options.mostConnections ?? 20_000,
      ttl: options.idleMs ?? 3_600_000,
      ttlResolution: 0,
      updateAgeOnGet: true,
      perf: { now: () => options.clock.now() },
    });
  }

  /** How many connections are remembered. */
  get size(): number {
    return this.#connections.size;
  }

  /** The connection of a credential, made if it is not there. Nothing is sent: a wrong key shows at its first call. */
  open(credential: Credential): Connection {
    const name = `${credential.scheme} ${credential.key}`;
    const open = this.#connections.get(name);
    if (open !== undefined) return open;
    const connection = new Connection({
      fingerprint: createHash('sha256').update(`${this.#account}\n${name}`).digest('hex').slice(0, 32),
      account: this.#pagerDuty.account(credential),
      events: this.#events,
      clock: this.#clock,
    });
    this.#connections.set(name, connection);
    return connection;
  }

  /** Forgets what has been idle for too long. */
  purge(): void {
    this.#connections.purgeStale();
  }
}
