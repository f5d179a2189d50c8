import { createHash } from 'node:crypto';
import type { LRUCache } from 'lru-cache';
import { type Clock, ttlCache } from '../clock/clock.js';
import type { CallLimit, CallLimiter } from '../limiter/call-limiter.js';
import type { Credential } from '../pagerduty/client.js';
import { EventSender } from '../pagerduty/event-sender.js';
import type { PagerDuty } from '../pagerduty/pagerduty.js';
import type { OddField } from '../pagerduty/record-reader.js';
import { Connection } from './connection.js';
import type { KeyGuard } from './key-guard.js';
import { Listings } from './listings.js';
import { PollBudget } from './poll-budget.js';
import type { UnknownKeys } from './unknown-keys.js';

/** How many connections are kept whose key PagerDuty has not accepted yet. */
const maxUnknown = 2_000;

/** What a connection's limiter is made from. */
export interface LimiterOptions {
  readonly connectionId: string;
  readonly limit: CallLimit;
  readonly clock: Clock;
}

interface Draft {
  readonly id: string;
  readonly keyGuard: KeyGuard;
  connection?: Connection;
}

/** What is known of a request before its body is read. */
export interface ComingRequest {
  /** The caller's; undefined if nobody knows. */
  readonly address: string | undefined;
  /**
   * False if it sends events alone, which need an integration key. Then the API key decides nothing: if it may be a guess
   * among many, it gets a connection for this request, and no place.
   */
  readonly needsApiKey: boolean;
}

/** What a request gets that is let in. */
export interface Admitted {
  readonly connection: Connection;
  /** To be called when the request has ended. */
  readonly release: () => void;
  /** To be called before anything is sent: with an unknown key, wrong inputs count as a guess. */
  readonly inputsAreRight: () => void;
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
        if (reason !== 'delete') connection.forget();
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
    const name = nameOf(credential, pagerDuty);
    const found = this.#find(name);
    if (found !== undefined) return found;
    const made = this.#make(this.#draft(name), credential, pagerDuty);
    this.#place(name, made);
    return made;
  }

  /**
   * The connection of a request, before its body is read. A key that PagerDuty has accepted is found among the known
   * ones; any other is charged first, and only then gets a place.
   * @throws {ServiceError} `too_many_unknown_keys`, 503, if the key may be a guess, among many
   */
  async admit(credential: Credential, pagerDuty: PagerDuty, request: ComingRequest): Promise<Admitted> {
    const name = nameOf(credential, pagerDuty);
    const found = this.#find(name);
    if (found !== undefined) return letIn(found, chargeOf(found.keyGuard, request));
    const draft = this.#draft(name);
    await draft.keyGuard.recall();
    // Another request may have been faster.
    const other = this.#find(name);
    const inputsAreRight = chargeOf((other ?? draft).keyGuard, request);
    const connection = other ?? this.#make(draft, credential, pagerDuty);
    const admitted = letIn(connection, inputsAreRight);
    if (other !== undefined) return admitted;
    if (inputsAreRight === undefined) connection.forget();
    else this.#place(name, connection);
    return admitted;
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

  #find(name: string): Connection | undefined {
    return this.#known.get(name) ?? this.#unknown.get(name);
  }

  #place(name: string, connection: Connection): void {
    (connection.keyGuard.isAccepted ? this.#known : this.#unknown).set(name, connection);
  }

  /** What a connection begins as: who it is, and the guard of its key. */
  #draft(name: string): Draft {
    const id = createHash('sha256').update(name).digest('hex').slice(0, 32);
    const draft: Draft = {
      id,
      keyGuard: this.#unknownKeys.guard(id, () => {
        const { connection } = draft;
        if (connection === undefined) return;
        this.#unknown.delete(name);
        // It may have been forgotten meanwhile, and a request have opened another: that one stays.
        if (!this.#known.has(name) && connection.keep()) this.#known.set(name, connection);
      }),
    };
    return draft;
  }

  /** Makes a connection, which nobody finds yet. */
  #make(draft: Draft, credential: Credential, pagerDuty: PagerDuty): Connection {
    const { id, keyGuard } = draft;
    const { eventsUrl } = pagerDuty;
    draft.connection = new Connection({
      id,
      account: pagerDuty.account(credential, {
        here: keyGuard,
        there: this.#unknownKeys.guard(`${id} elsewhere`, () => undefined),
        oddField: (odd) => this.#oddField(id, odd),
      }),
      events: new EventSender(pagerDuty.events, (key) =>
        this.#unknownKeys.integrationGuard(key, { eventsUrl, address: keyGuard.address }),
      ),
      limiter: this.#createLimiter({ connectionId: id, limit: this.#limit, clock: this.#clock }),
      polls: new PollBudget({ polls: this.#polls, clock: this.#clock }),
      listings: this.#listings,
      keyGuard,
      clock: this.#clock,
    });
    return draft.connection;
  }

  #all(): readonly Connection[] {
    return [...this.#known.values(), ...this.#unknown.values()];
  }
}

function nameOf({ scheme, key }: Credential, { apiUrl }: PagerDuty): string {
  return `${apiUrl.href}\n${scheme} ${key}`;
}

/** Charges a request. @returns undefined if it cannot be, and needs not be let in by its API key */
function chargeOf(keyGuard: KeyGuard, { address, needsApiKey }: ComingRequest): (() => void) | undefined {
  keyGuard.address = address;
  try {
    return keyGuard.charge();
  } catch (error) {
    if (needsApiKey) throw error;
    return undefined;
  }
}

function letIn(connection: Connection, inputsAreRight: (() => void) | undefined): Admitted {
  return { connection, release: connection.hold(), inputsAreRight: inputsAreRight ?? (() => undefined) };
}
