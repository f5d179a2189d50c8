import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock/clock.js';
import { UnknownReferenceError } from '../errors/service-error.js';
import type { CallDecision, CallLimiter } from '../limiter/call-limiter.js';
import type { UsersApi } from '../pagerduty/directory-api.js';
import { PagerDutyInvalidResponseError, PagerDutyResponseError } from '../pagerduty/errors.js';
import type { EventSender } from '../pagerduty/event-sender.js';
import type { IncidentsApi } from '../pagerduty/incidents-api.js';
import type { LogEntriesApi } from '../pagerduty/log-entries-api.js';
import type { PagerDutyAccount } from '../pagerduty/pagerduty.js';
import type { ProbeApi } from '../pagerduty/probe-api.js';
import { Lookups } from './lookups.js';
import type { KeyStanding } from './unknown-keys.js';

const emailTtlMs = 3_600_000;
const mostEmails = 500;

/** An input that names a user, for the error where PagerDuty does not know that user. */
export interface UserInput {
  readonly userId: string;
  /** Wire name of the input. */
  readonly field: string;
  /** The name that designers show. */
  readonly label: string;
}

/** One credential's share of PagerDuty: its account, and what is remembered for it while it is in use. */
export class Connection {
  /** Names the connection in logs, metrics and the store. The key cannot be had back from it. */
  readonly fingerprint: string;
  readonly incidents: IncidentsApi;
  readonly users: UsersApi;
  readonly logEntries: LogEntriesApi;
  readonly probe: ProbeApi;
  readonly events: EventSender;
  /** How many calls the connection may still make. Triggers do not count. */
  readonly limiter: CallLimiter;
  readonly refusals = new Refusals();
  /** Whether PagerDuty has accepted the key. */
  readonly standing: KeyStanding;
  readonly #account: PagerDutyAccount;
  readonly #clock: Clock;
  // Made when they are first needed: a connection that only triggers use, or a key that is wrong, has neither.
  #lookups: Lookups | undefined;
  #emails: LRUCache<string, string> | undefined;

  constructor(options: {
    fingerprint: string;
    account: PagerDutyAccount;
    events: EventSender;
    limiter: CallLimiter;
    standing: KeyStanding;
    clock: Clock;
  }) {
    this.fingerprint = options.fingerprint;
    this.incidents = options.account.incidents;
    this.users = options.account.users;
    this.logEntries = options.account.logEntries;
    this.probe = options.account.probe;
    this.limiter = options.limiter;
    this.standing = options.standing;
    this.events = options.events;
    this.#account = options.account;
    this.#clock = options.clock;
  }

  /** The lists behind dropdowns. */
  get lookups(): Lookups {
    this.#lookups ??= new Lookups(this.#account, this.#clock);
    return this.#lookups;
  }

  /**
   * The e-mail address that makes PagerDuty record the user as the actor, looked up once an hour.
   * @throws {UnknownReferenceError} where PagerDuty has no such user
   */
  async emailOf(input: UserInput): Promise<string> {
    const known = this.#emails?.get(input.userId);
    if (known !== undefined) return known;
    const { email } = await this.users.get(input.userId).catch((error: unknown) => {
      if (error instanceof PagerDutyResponseError && error.status === 404)
        throw new UnknownReferenceError({ ...input, thing: 'user' }, error);
      throw error;
    });
    // It becomes a header, so it must be one that can.
    if (email === undefined || email === null || !/^[\x21-\x7e]+$/.test(email)) {
      throw new PagerDutyInvalidResponseError('a user with an e-mail address');
    }
    this.#emails ??= emailCache(this.#clock);
    this.#emails.set(input.userId, email);
    return email;
  }

  /**
   * What a call would find now; it takes none.
   * @throws {ServiceError} `too_many_unknown_keys`, 503, if the key may be a guess, among many
   */
  peekCall(): CallDecision {
    this.standing.refuseWhereCrowded();
    const { limit, remaining, resetMs } = this.limiter.status();
    if (remaining > 0) return { granted: true, limit, remaining, resetMs };
    return this.#counted({ granted: false, limit, remaining: 0, retryAfterMs: resetMs });
  }

  /** Takes one of the connection's calls, if one is left. */
  async takeCall(): Promise<CallDecision> {
    return this.#counted(await this.limiter.take());
  }

  #counted(decision: CallDecision): CallDecision {
    if (!decision.granted) this.refusals.note();
    return decision;
  }

  /** Gives back what has been unused for a while. */
  releaseIdle(): void {
    this.limiter.releaseIdle();
    this.#lookups?.purge();
    this.#emails?.purgeStale();
  }
}

/** Bounded by `maxSize`: with `max` the cache would take room for all at once, 25 KiB for each connection. */
function emailCache(clock: Clock): LRUCache<string, string> {
  return new LRUCache({
    maxSize: mostEmails,
    sizeCalculation: () => 1,
    ttl: emailTtlMs,
    ttlResolution: 0,
    perf: { now: () => clock.now() },
  });
}

/** Counts the calls of a connection that its limit refused, so that the log can tell of them in one line. */
export class Refusals {
  #count = 0;

  /** A call was refused. */
  note(): void {
    this.#count += 1;
  }

  /** How many were refused since this was asked last. */
  take(): number {
    const count = this.#count;
    this.#count = 0;
    return count;
  }
}
