import type { LRUCache } from 'lru-cache';
import { type Clock, ttlCache } from '../clock/clock.js';
import { UnknownReferenceError } from '../errors/service-error.js';
import type { CallDecision, CallLimiter } from '../limiter/call-limiter.js';
import type { DirectoryApi } from '../pagerduty/directory-api.js';
import { PagerDutyInvalidResponseError, PagerDutyResponseError } from '../pagerduty/errors.js';
import type { EventSender } from '../pagerduty/event-sender.js';
import type { IncidentsApi, LogEntriesApi } from '../pagerduty/incidents-api.js';
import type { PagerDutyAccount } from '../pagerduty/pagerduty.js';
import type { ProbeApi } from '../pagerduty/probe-api.js';
import type { KeyGuard } from './key-guard.js';
import type { Listings, ReadListing } from './listings.js';
import type { PollBudget } from './poll-budget.js';

/** An input that names a user, for the error if PagerDuty does not know that user. */
export interface UserInput {
  readonly userId: string;
  /** Wire name of the input. */
  readonly field: string;
  /** The name that designers show. */
  readonly label: string;
}

/** One credential's share of PagerDuty: its account, and what is cached for it while it is in use. */
export class Connection {
  /** Names the connection in logs, metrics and the store. The key cannot be had back from it. */
  readonly id: string;
  readonly incidents: IncidentsApi;
  readonly directory: DirectoryApi;
  readonly logEntries: LogEntriesApi;
  readonly probe: ProbeApi;
  readonly events: EventSender;
  /** How many calls the connection may still make. Polls of triggers do not count. */
  readonly limiter: CallLimiter;
  /** What hosts may use up by polling. */
  readonly polls: PollBudget;
  /** Whether PagerDuty has accepted the key. */
  readonly keyGuard: KeyGuard;
  readonly #listings: Listings;
  readonly #clock: Clock;
  #refused = 0;
  #holders = 0;
  #isForgotten = false;
  #isEnded = false;
  // Made when they are first needed: a connection that only triggers use, or a key that is wrong, has neither.
  #emails: LRUCache<string, string> | undefined;
  #incidentIds: LRUCache<string, string> | undefined;

  constructor(options: {
    id: string;
    account: PagerDutyAccount;
    events: EventSender;
    limiter: CallLimiter;
    polls: PollBudget;
    /** Shared by all connections. */
    listings: Listings;
    keyGuard: KeyGuard;
    clock: Clock;
  }) {
    this.id = options.id;
    this.incidents = options.account.incidents;
    this.directory = options.account.directory;
    this.logEntries = options.account.logEntries;
    this.probe = options.account.probe;
    this.limiter = options.limiter;
    this.polls = options.polls;
    this.#listings = options.listings;
    this.keyGuard = options.keyGuard;
    this.events = options.events;
    this.#clock = options.clock;
  }

  /** A list behind a dropdown, as JSON: see {@link Listings.of}. */
  listing(name: string, read: ReadListing): Promise<Buffer> {
    return this.#listings.of(`${this.id}\n${name}`, read);
  }

  /**
   * The e-mail address that makes PagerDuty record the user as the actor, looked up once an hour.
   * @throws {UnknownReferenceError} if PagerDuty has no such user
   */
  async emailOf(input: UserInput): Promise<string> {
    const known = this.#emails?.get(input.userId);
    if (known !== undefined) return known;
    const { email } = await this.directory.user(input.userId).catch((error: unknown) => {
      if (error instanceof PagerDutyResponseError && error.pagerDutyStatus === 404)
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
   * PagerDuty's id of the incident with a number, as people see it. It never changes, and is looked up once an hour if
   * nobody asks meanwhile.
   * @throws {PagerDutyResponseError} 404, if PagerDuty has no such incident
   */
  async incidentIdOf(number: string): Promise<string> {
    this.#incidentIds ??= incidentIdCache(this.#clock);
    const known = this.#incidentIds.get(number);
    if (known !== undefined) return known;
    const { id } = await this.incidents.get(number);
    this.#incidentIds.set(number, id);
    return id;
  }

  /** Takes one of the connection's calls, if one is left. */
  async takeCall(): Promise<CallDecision> {
    const decision = await this.limiter.take();
    if (!decision.granted) this.#refused += 1;
    return decision;
  }

  /** A request uses the connection until it calls the function returned: nothing is ended under it. */
  hold(): () => void {
    this.#holders += 1;
    return () => {
      this.#holders -= 1;
      if (this.#isForgotten) this.forget();
    };
  }

  /** Ends the connection, as soon as nobody uses it. */
  forget(): void {
    this.#isForgotten = true;
    // By a call under way the key may still be accepted: then the connection is found again.
    if (this.#holders > 0 || this.keyGuard.hasCallsUnderWay) return;
    this.#isEnded = true;
    void this.limiter.close();
  }

  /** The connection is found again, although it was to be forgotten. @returns false if it has ended */
  keep(): boolean {
    this.#isForgotten = false;
    return !this.#isEnded;
  }

  /** How many calls the limit has refused since the last drain, so that the log can report them in one line. */
  drainRefused(): number {
    const refused = this.#refused;
    this.#refused = 0;
    return refused;
  }

  /** Gives back what has been unused for a while. */
  releaseIdle(): void {
    this.#emails?.purgeStale();
    this.#incidentIds?.purgeStale();
  }
}

/** Bounded by `maxSize`: `max` would reserve room for all at once, 25 KiB for each connection. */
function emailCache(clock: Clock): LRUCache<string, string> {
  return ttlCache(clock, { maxSize: 500, sizeCalculation: () => 1, ttlMs: 3_600_000 });
}

function incidentIdCache(clock: Clock): LRUCache<string, string> {
  return ttlCache(clock, { maxSize: 1_000, sizeCalculation: () => 1, ttlMs: 3_600_000, updateAgeOnGet: true });
}
