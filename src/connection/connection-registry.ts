import { createHash } from 'node:crypto';
import type { LRUCache } from 'lru-cache';
import { type Clock, ttlCache } from '../clock/clock.js';
import type { CallLimit, CallLimiter } from '../limiter/call-limiter.js';
import type { Credential } from '../pagerduty/client.js';
import { EventSender } from '../pagerduty/event-sender.js';
import type { PagerDuty } from '../pagerduty/pagerduty.js';
import type { OddField } from '../pagerduty/record-reader.js';
import { Connection } from './connection.js';
import type { UnknownKeys } from './key-guard.js';
import { Listings } from './listings.js';
import { PollBudget } from './poll-budget.js';

/** How many connections are kept whose key PagerDuty has not accepted yet. */
const maxUnknown = 2_000;

/** What a connection's limiter is made from. */
export interface LimiterOptions {
  readonly connectionId: string;
  readonly limit: CallLimit;
  readonly clock: Clock;
}

/**
 * The connections in use, one for each credential in each region. The registry is bounded, and forgets a connection that
 * has been idle: a key that nobody uses leaves nothing behind. Keys live here, in memory, and nowhere else.
 *
 * A connection is among the known ones once PagerDuty has accepted its key. Until then it is among the unknown ones, which
 * are fewer, so that keys that are guessed in numbers push out nothing but each other.
 */
export class ConnectionRegistry {
  readonly #clock: Clock;
  readonly #limit: CallLimit;
  readonly #polls: number;
  readonly #createLimiter: (options: LimiterOptions) => CallLimiter;
  readonly #unknownKeys: UnknownKeys;
  readonly #oddField: (connectionId: string, odd: OddField) => void;
  readonly #listings: Listings;
  readonly #known: LRUCache<string, Connection>;
  readonly #unknown: LRUCache<string, Connection>;

  constructor(options: {
    clock: Clock;
    limit: CallLimit;
    /** How many polls hosts of a connection may make at once, and in a minute from then on. Default: 300. */
    polls?: number;
    createLimiter: (options: LimiterOptions) => CallLimiter;
    /** Bounds the calls with keys that PagerDuty has not accepted. */
    unknownKeys: UnknownKeys;
    /** Hears of each odd field in what PagerDuty answers. Default: nobody does. */
    oddField?: (connectionId: string, odd: OddField) => void;
    maxConnections?: number;
    idleMs?: number;
  }) {
    this.#clock = options.clock;
    this.#limit = options.limit;
    this.#polls = options.polls ?? 300;
    this.#createLimiter = options.createLimiter;
    this.#listings = new Listings(options.clock);
    this.#unknownKeys = options.unknownKeys;
    this.#oddField = options.oddField ?? (() => undefined);
    const maxConnections = options.maxConnections ?? 20_000;
    const kept = {
      // A connection that was forgotten within its window would begin with all of its calls.
      ttlMs: Math.max(options.idleMs ?? 3_600_000, 2 * options.limit.windowMs),
      updateAgeOnGet: true,
      dispose: (connection: Connection, _: string, reason: LRUCache.DisposeReason) => {
        // A connection with calls under way is in use, and its key may still be accepted.
        if (reason !== 'delete' && !connection.keyGuard.hasCallsUnderWay) void connection.limiter.close();
      },
    };
    this.#known = ttlCache(options.clock, { max: maxConnections, ...kept });
    this.#unknown = ttlCache(options.clock, { max: Math.min(maxUnknown, maxConnections), ...kept });
  }

  /** How many connections are kept. */
  get size(): number {
    return this.#known.size + this.#unknown.size;
  }

  /**
   * The connection of a credential, made if it is not there. The same key is another connection in another region.
   * Nothing is sent: a wrong key shows at its first call.
   */
  open(credential: Credential, pagerDuty: PagerDuty): Connection {
    const name = `${pagerDuty.apiUrl.href}\n${credential.scheme} ${credential.key}`;
    return this.#known.get(name) ?? this.#unknown.get(name) ?? this.#make(name, credential, pagerDuty);
  }

  /** How many bytes of lists behind dropdowns are kept. */
  get listedBytes(): number {
    return this.#listings.bytes;
  }

  /** Frees what idle connections hold, and forgets those that have been idle for long. To be called regularly. */
  sweep(): void {
    this.#listings.sweep();
    for (const connections of [this.#known, this.#unknown]) {
      connections.purgeStale();
      for (const connection of connections.values()) connection.releaseIdle();
    }
  }

  /** How many calls, and how many polls, of which connection were refused since the last drain. */
  drainRefusals(): readonly { readonly connection: string; readonly refused: number; readonly refusedPolls: number }[] {
    return this.#all()
      .map((connection) => ({
        connection: connection.id,
        refused: connection.drainRefused(),
        refusedPolls: connection.polls.drainRefused(),
      }))
      .filter(({ refused, refusedPolls }) => refused + refusedPolls > 0);
  }

  /** Forgets all connections. */
  async close(): Promise<void> {
    await Promise.all(this.#all().map((connection) => connection.limiter.close()));
    this.#listings.clear();
    this.#known.clear();
    this.#unknown.clear();
  }

  #make(name: string, credential: Credential, pagerDuty: PagerDuty): Connection {
    const connectionId = createHash('sha256').update(name).digest('hex').slice(0, 32);
    const keyGuard = this.#unknownKeys.guard(() => {
      this.#unknown.delete(name);
      // The cache may have dropped this connection meanwhile, and a request opened another: that one stays.
      if (!this.#known.has(name)) this.#known.set(name, connection);
    });
    const there = this.#unknownKeys.guard(() => undefined);
    const connection = new Connection({
      id: connectionId,
      account: pagerDuty.account(credential, {
        here: keyGuard,
        there,
        oddField: (odd) => this.#oddField(connectionId, odd),
      }),
      events: new EventSender(pagerDuty.events, keyGuard),
      limiter: this.#createLimiter({ connectionId, limit: this.#limit, clock: this.#clock }),
      polls: new PollBudget({ polls: this.#polls, clock: this.#clock }),
      listings: this.#listings,
      keyGuard,
      clock: this.#clock,
    });
    this.#unknown.set(name, connection);
    return connection;
  }

  #all(): readonly Connection[] {
    return [...this.#known.values(), ...this.#unknown.values()];
  }
}
