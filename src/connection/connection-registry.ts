import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock/clock.js';
import type { Credential } from '../pagerduty/credential.js';
import type { PagerDuty } from '../pagerduty/pagerduty.js';
import { type CallLimit, LocalCallLimiter } from './call-limiter.js';
import { Connection } from './connection.js';
import { EventSender } from './event-sender.js';

/**
 * The connections in use, one for each credential in each place where PagerDuty is. It is bounded, and forgets a connection that has been idle: a
 * key that nobody uses leaves nothing behind. Keys live here, in memory, and nowhere else.
 */
export class ConnectionRegistry {
  readonly #clock: Clock;
  readonly #limit: CallLimit;
  readonly #eventSenders = new Map<PagerDuty, EventSender>();
  readonly #connections: LRUCache<string, Connection>;

  constructor(options: {
    clock: Clock;
    limit: CallLimit;
    mostConnections?: number;
    idleMs?: number;
  }) {
    this.#clock = options.clock;
    this.#limit = options.limit;
    this.#connections = new LRUCache({
      max: options.mostConnections ?? 20_000,
      // A connection that was forgotten within its window would begin with all of its calls.
      ttl: Math.max(options.idleMs ?? 3_600_000, 2 * options.limit.windowMs),
      ttlResolution: 0,
      updateAgeOnGet: true,
      perf: { now: () => options.clock.now() },
      dispose: (connection) => void connection.limiter.close(),
    });
  }

  /** How many connections are remembered. */
  get size(): number {
    return this.#connections.size;
  }

  /**
   * The connection of a credential, made if it is not there. The same key is another connection elsewhere. Nothing is
   * sent: a wrong key shows at its first call.
   */
  open(credential: Credential, pagerDuty: PagerDuty): Connection {
    const name = `${pagerDuty.apiUrl.href}\n${credential.scheme} ${credential.key}`;
    const open = this.#connections.get(name);
    if (open !== undefined) return open;
    const connection = new Connection({
      fingerprint: createHash('sha256').update(name).digest('hex').slice(0, 32),
      account: pagerDuty.account(credential),
      events: this.#eventSenderOf(pagerDuty),
      limiter: new LocalCallLimiter({ limit: this.#limit, clock: this.#clock }),
      clock: this.#clock,
    });
    this.#connections.set(name, connection);
    return connection;
  }

  /** Gives back what idle connections hold, and forgets those that have been idle for long. To be called now and then. */
  sweep(): void {
    this.#connections.purgeStale();
    for (const connection of this.#connections.values()) connection.releaseIdle();
  }

  /** How many calls of which connection were refused since this was asked last. */
  takeRefusals(): readonly { readonly connection: string; readonly refused: number }[] {
    const refusals: { connection: string; refused: number }[] = [];
    for (const connection of this.#connections.values()) {
      const refused = connection.refusals.take();
      if (refused > 0) refusals.push({ connection: connection.fingerprint, refused });
    }
    return refusals;
  }

  /** Forgets all connections. */
  async close(): Promise<void> {
    await Promise.all([...this.#connections.values()].map((connection) => connection.limiter.close()));
    this.#connections.clear();
  }

  /** One for all connections to the same place: what is known of an integration key helps each of them. */
  #eventSenderOf(pagerDuty: PagerDuty): EventSender {
    const known = this.#eventSenders.get(pagerDuty);
    if (known !== undefined) return known;
    const sender = new EventSender(pagerDuty.events);
    this.#eventSenders.set(pagerDuty, sender);
    return sender;
  }
}
