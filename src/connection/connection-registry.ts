import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock/clock.js';
import type { CallLimit, CallLimiter } from '../limiter/call-limiter.js';
import { LocalCallLimiter } from '../limiter/local-call-limiter.js';
import type { Credential } from '../pagerduty/client.js';
import { EventSender } from '../pagerduty/event-sender.js';
import type { PagerDuty } from '../pagerduty/pagerduty.js';
import { Connection } from './connection.js';
import { UnknownKeys } from './unknown-keys.js';

/** So many connections whose key PagerDuty has not accepted yet are remembered. */
const mostUnknown = 2_000;

/** What a connection's limiter is made from. */
export interface LimiterOptions {
  readonly fingerprint: string;
  readonly limit: CallLimit;
  readonly clock: Clock;
}

/**
 * The connections in use, one for each credential in each place where PagerDuty is. It is bounded, and forgets a
 * connection that has been idle: a key that nobody uses leaves nothing behind. Keys live here, in memory, and nowhere else.
 *
 * A connection has a place among the known ones once PagerDuty has accepted its key. Until then it has one of fewer
 * places, so that keys that are guessed in numbers push out nothing but each other.
 */
export class ConnectionRegistry {
  readonly #clock: Clock;
  readonly #limit: CallLimit;
  readonly #createLimiter: (options: LimiterOptions) => CallLimiter;
  readonly #eventSenders = new Map<PagerDuty, EventSender>();
  readonly #unknownKeys: UnknownKeys;
  readonly #known: LRUCache<string, Connection>;
  readonly #unknown: LRUCache<string, Connection>;

  constructor(options: {
    clock: Clock;
    limit: CallLimit;
    /** Default: a limiter for a process that has its connections to itself. */
    createLimiter?: (options: LimiterOptions) => CallLimiter;
    /** What calls with keys that PagerDuty has not accepted may cost. Default: one for this registry. */
    unknownKeys?: UnknownKeys;
    mostConnections?: number;
    idleMs?: number;
  }) {
    this.#clock = options.clock;
    this.#limit = options.limit;
    this.#createLimiter = options.createLimiter ?? ((limiterOptions) => new LocalCallLimiter(limiterOptions));
    this.#unknownKeys = options.unknownKeys ?? new UnknownKeys(options);
    const mostConnections = options.mostConnections ?? 20_000;
    const remembered = {
      // A connection that was forgotten within its window would begin with all of its calls.
      ttl: Math.max(options.idleMs ?? 3_600_000, 2 * options.limit.windowMs),
      ttlResolution: 0,
      updateAgeOnGet: true,
      perf: { now: () => options.clock.now() },
      dispose: (connection: Connection, _: string, reason: LRUCache.DisposeReason) => {
        // One that is being asked about is in use: it may yet become known, however many others come meanwhile.
        if (reason !== 'delete' && !connection.standing.isBeingAsked) void connection.limiter.close();
      },
    };
    this.#known = new LRUCache({ max: mostConnections, ...remembered });
    this.#unknown = new LRUCache({ max: Math.min(mostUnknown, mostConnections), ...remembered });
  }

  /** How many connections are remembered. */
  get size(): number {
    return this.#known.size + this.#unknown.size;
  }

  /**
   * The connection of a credential, made if it is not there. The same key is another connection elsewhere. Nothing is
   * sent: a wrong key shows at its first call.
   */
  open(credential: Credential, pagerDuty: PagerDuty): Connection {
    const name = `${pagerDuty.apiUrl.href}\n${credential.scheme} ${credential.key}`;
    return this.#known.get(name) ?? this.#unknown.get(name) ?? this.#make(name, credential, pagerDuty);
  }

  /** Gives back what idle connections hold, and forgets those that have been idle for long. To be called now and then. */
  sweep(): void {
    for (const connections of [this.#known, this.#unknown]) {
      connections.purgeStale();
      for (const connection of connections.values()) connection.releaseIdle();
    }
  }

  /** How many calls of which connection were refused since this was asked last. */
  takeRefusals(): readonly { readonly connection: string; readonly refused: number }[] {
    const refusals: { connection: string; refused: number }[] = [];
    for (const connection of this.#all()) {
      const refused = connection.refusals.take();
      if (refused > 0) refusals.push({ connection: connection.fingerprint, refused });
    }
    return refusals;
  }

  /** Forgets all connections. */
  async close(): Promise<void> {
    await Promise.all(this.#all().map((connection) => connection.limiter.close()));
    this.#known.clear();
    this.#unknown.clear();
  }

  #make(name: string, credential: Credential, pagerDuty: PagerDuty): Connection {
    const fingerprint = createHash('sha256').update(name).digest('hex').slice(0, 32);
    const standing = this.#unknownKeys.standing(() => {
      this.#unknown.delete(name);
      // Where it was pushed out while PagerDuty was asked, there may be another one by now.
      if (!this.#known.has(name)) this.#known.set(name, connection);
    });
    const there = this.#unknownKeys.standing(() => undefined);
    const connection = new Connection({
      fingerprint,
      account: pagerDuty.account(credential, { here: standing, there }),
      events: this.#eventSenderOf(pagerDuty).behind(standing),
      limiter: this.#createLimiter({ fingerprint, limit: this.#limit, clock: this.#clock }),
      standing,
      clock: this.#clock,
    });
    this.#unknown.set(name, connection);
    return connection;
  }

  #all(): readonly Connection[] {
    return [...this.#known.values(), ...this.#unknown.values()];
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
