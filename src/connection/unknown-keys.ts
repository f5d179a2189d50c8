import { createHash } from 'node:crypto';
import type { LRUCache } from 'lru-cache';
import { type Clock, ttlCache } from '../clock/clock.js';
import { ServiceError } from '../errors/service-error.js';
import { TokenBucket } from '../limiter/token-bucket.js';
import { PagerDutyResponseError } from '../pagerduty/errors.js';
import { AcceptedKeys, type KeyMemory } from './accepted-keys.js';
import { KeyGuard, type SharedKeys, type Token } from './key-guard.js';

/**
 * How many calls with unknown keys may be under way, or have failed lately, and how many more a minute: about as many as
 * PagerDuty allows one key, so that nobody there takes this service for an attacker.
 */
const common = bound(1_000, 1_200);
/** And so many more, for callers that have not failed: whoever uses up the rest leaves them something. */
const reserved = bound(200, 300);
/** What one address may have of the reserve, so that many would have to come together to use it up. */
const ofAddress = bound(40, 12);
const maxAddresses = 10_000;
const retryAfterMs = 10_000;

/** How long a key that PagerDuty refused is refused without asking again. */
const refusedMs = 30_000;
/** How long it has no part in the reserve. */
const suspectMs = 3_600_000;
const maxSuspects = 20_000;

/** What happens to calls with keys that PagerDuty has not accepted: PagerDuty refused one, or this service did. */
export type UnknownKeyEvent = 'refused_by_pagerduty' | 'remembered' | 'too_many';

/** Nothing is remembered beyond this process. */
const noMemory: KeyMemory = { isAccepted: async () => false, rememberAccepted: async () => undefined };

/**
 * Bounds the calls with keys that PagerDuty has not accepted, API keys and integration keys, all of them together: whoever
 * guesses keys in numbers must not make this service call PagerDuty in numbers, nor keep others out. A call takes a
 * token, and gives it back if PagerDuty accepts the key; otherwise another grows after a while. Keys that PagerDuty has
 * accepted within the retention are known, after a restart too, and need no token.
 */
export class UnknownKeys implements SharedKeys {
  readonly #clock: Clock;
  readonly #report: (event: UnknownKeyEvent) => void;
  readonly #accepted: AcceptedKeys;
  readonly #common: TokenBucket;
  readonly #reserve: TokenBucket;
  readonly #addresses: LRUCache<string, TokenBucket>;
  /** The keys that PagerDuty refused lately, by id. */
  readonly #suspects: LRUCache<string, { readonly refusedAtMs: number }>;
  #refused = 0;

  constructor(options: {
    clock: Clock;
    /** Gets everything that somebody who guesses would cause. Default: nobody does. */
    report?: (event: UnknownKeyEvent) => void;
    /** Where accepted keys are remembered. Default: in this process, for an hour. */
    memory?: KeyMemory;
    /** For how long they are remembered there. */
    keepMs?: number;
  }) {
    const { clock, memory = noMemory, keepMs = suspectMs } = options;
    this.#clock = clock;
    this.#report = options.report ?? (() => undefined);
    this.#accepted = new AcceptedKeys({ memory, clock, keepMs });
    this.#common = new TokenBucket({ ...common, clock });
    this.#reserve = new TokenBucket({ ...reserved, clock });
    this.#addresses = ttlCache(clock, { max: maxAddresses, ttlMs: suspectMs, updateAgeOnGet: true });
    this.#suspects = ttlCache(clock, { max: maxSuspects, ttlMs: suspectMs });
  }

  /** The guard of an API key. `onAccepted` is called once, when PagerDuty has accepted the key. */
  guard(id: string, onAccepted: () => void): KeyGuard {
    return new KeyGuard({ id, keys: this, onAccepted, refusal: () => refusal(401) });
  }

  /** The guard of an integration key's events, for one caller. */
  integrationGuard(key: string, { eventsUrl, address }: { eventsUrl: URL; address: string | undefined }): KeyGuard {
    const id = createHash('sha256').update(`event\n${eventsUrl.href}\n${key}`).digest('hex').slice(0, 32);
    const refused = () => refusal(400, 'Invalid integration key');
    const guard = new KeyGuard({ id, keys: this, onAccepted: () => undefined, refusal: refused });
    guard.address = address;
    return guard;
  }

  isAccepted(id: string): Promise<boolean> {
    return this.#accepted.has(id);
  }

  accepted(id: string): void {
    this.#accepted.add(id);
    this.#suspects.delete(id);
  }

  refused(id: string): void {
    this.#suspects.set(id, { refusedAtMs: this.#clock.monotonic() });
    this.#report('refused_by_pagerduty');
  }

  isRefused(id: string): boolean {
    const suspect = this.#suspects.get(id);
    return suspect !== undefined && this.#clock.monotonic() < suspect.refusedAtMs + refusedMs;
  }

  remembered(): void {
    this.#report('remembered');
  }

  take(id: string, address: string | undefined): Token {
    this.refuseIfExhausted(id, address);
    const taken = this.#common.hasOne ? [this.#common] : [this.#reserve, this.#ofAddress(address)];
    for (const bucket of taken) bucket?.take();
    return () => {
      for (const bucket of taken) bucket?.giveBack();
    };
  }

  refuseIfExhausted(id: string, address: string | undefined): void {
    if (this.#common.hasOne) return;
    const isSuspect = this.#suspects.get(id) !== undefined;
    if (!isSuspect && this.#ofAddress(address)?.hasOne === true && this.#reserve.hasOne) return;
    this.#refused += 1;
    this.#report('too_many');
    throw new ServiceError({
      code: 'too_many_unknown_keys',
      statusCode: 503,
      message:
        'Key: expected an API key, or for events an integration key, that PagerDuty has accepted lately, got one it has not, at a time when too many such keys fail. Nothing was sent to PagerDuty. Try again after Retry-After; if it stays, tell the operator that somebody guesses keys.',
      retryAfterMs,
    });
  }

  /** How many calls were refused since the last drain. */
  drainRefused(): number {
    const count = this.#refused;
    this.#refused = 0;
    return count;
  }

  /** Waits until all is written down that is to be remembered. */
  idle(): Promise<void> {
    return this.#accepted.idle();
  }

  /** Who does not say where it comes from has no part in the reserve. */
  #ofAddress(address: string | undefined): TokenBucket | undefined {
    if (address === undefined) return undefined;
    const network = networkOf(address);
    const known = this.#addresses.get(network);
    if (known !== undefined) return known;
    const bucket = new TokenBucket({ ...ofAddress, clock: this.#clock });
    this.#addresses.set(network, bucket);
    return bucket;
  }
}

/** So many at once, and so many more a minute. */
function bound(most: number, aMinute: number) {
  return { most, periodMs: (most / aMinute) * 60_000 };
}

/** Whoever has an IPv6 address has the 64 bits behind the network, too. */
function networkOf(address: string): string {
  if (!address.includes(':') || address.includes('.')) return address;
  const [before = '', after = ''] = address.split('::');
  const groups = before.split(':').filter((group) => group !== '');
  const rest = after.split(':').filter((group) => group !== '');
  const zeros = Array.from({ length: address.includes('::') ? 8 - groups.length - rest.length : 0 }, () => '0');
  return [...groups, ...zeros, ...rest].slice(0, 4).join(':');
}

function refusal(status: number, ...errors: string[]): PagerDutyResponseError {
  return new PagerDutyResponseError(status, { errors }, undefined);
}
