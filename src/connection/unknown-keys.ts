import type { Clock } from '../clock/clock.js';
import { ServiceError } from '../errors/service-error.js';
import type { CallGate, KeyOutcome } from '../pagerduty/call-gate.js';
import { PagerDutyResponseError } from '../pagerduty/errors.js';

/** So many calls with unknown keys may be under way, or have failed lately. */
const mostCalls = 1_000;
const callsAMinute = 300;
const retryAfterMs = 10_000;

/** What becomes of calls with keys that PagerDuty has not accepted: it refused one, or this service did. */
export type UnknownKeyEvent = 'refused_by_pagerduty' | 'remembered' | 'too_many';

/**
 * What calls with keys that PagerDuty has not accepted yet may cost, all of them together: somebody who guesses keys
 * in numbers must not make this service call PagerDuty in numbers. A call takes a token. It comes back if the call
 * shows that the key is good; otherwise a new one grows after a fifth of a second. So after a restart, when every key
 * is unknown, any number of good ones pass, up to a thousand at the same moment, while wrong ones end at 300 a minute.
 */
export class UnknownKeys {
  readonly #clock: Clock;
  readonly #report: (event: UnknownKeyEvent) => void;
  #tokens = mostCalls;
  #grownAtMs: number;
  #turnedAway = 0;

  constructor(options: {
    clock: Clock;
    /** Is told of everything that somebody who guesses would cause. Default: nobody is. */
    report?: (event: UnknownKeyEvent) => void;
  }) {
    this.#clock = options.clock;
    this.#report = options.report ?? (() => undefined);
    this.#grownAtMs = options.clock.now();
  }

  /** The standing of a key of which nothing is known. `becameKnown` is called once, when PagerDuty accepts it. */
  standing(becameKnown: () => void): KeyStanding {
    return new KeyStanding({ unknownKeys: this, clock: this.#clock, becameKnown });
  }

  /** Takes what one call costs. @throws {ServiceError} as `refuseWhereExhausted` */
  take(): void {
    this.refuseWhereExhausted();
    this.#tokens -= 1;
  }

  /** So many calls that took it have shown that they were no guesses. */
  giveBack(calls: number): void {
    this.#tokens = Math.min(mostCalls, this.#tokens + calls);
  }

  /** @throws {ServiceError} `too_many_unknown_keys`, 503, where no call with an unknown key may set out */
  refuseWhereExhausted(): void {
    const nowMs = this.#clock.now();
    const grown = (Math.max(0, nowMs - this.#grownAtMs) * callsAMinute) / 60_000;
    this.#tokens = Math.min(mostCalls, this.#tokens + grown);
    this.#grownAtMs = nowMs;
    if (this.#tokens >= 1) return;
    this.#turnedAway += 1;
    this.#report('too_many');
    throw new ServiceError({
      code: 'too_many_unknown_keys',
      statusCode: 503,
      message:
        'API key: expected one that PagerDuty has accepted lately, got one it has not, at a time when too many such keys fail. Nothing was sent to PagerDuty. Try again after Retry-After; if it stays, tell the operator that somebody guesses keys.',
      retryAfterMs,
    });
  }

  /** For the metrics. */
  note(event: Exclude<UnknownKeyEvent, 'too_many'>): void {
    this.#report(event);
  }

  /** How many calls were turned away since this was asked last. */
  takeTurnedAway(): number {
    const count = this.#turnedAway;
    this.#turnedAway = 0;
    return count;
  }
}

/** For so long a key that PagerDuty refused is refused without asking again. */
const refusedMs = 30_000;

/**
 * Whether PagerDuty has accepted an API key. Every key begins as unknown, and each call with an unknown one has to be
 * let out by what {@link UnknownKeys} has left. A key that was accepted once is known from then on, and passes freely:
 * should it be revoked, PagerDuty says so, and the limit of its connection bounds how often.
 */
export class KeyStanding implements CallGate {
  readonly #unknownKeys: UnknownKeys;
  readonly #clock: Clock;
  #becameKnown: (() => void) | undefined;
  #refusedUntilMs = Number.NEGATIVE_INFINITY;
  /** Calls that set out while the key was unknown. */
  #underWay = 0;

  constructor(options: { unknownKeys: UnknownKeys; clock: Clock; becameKnown: () => void }) {
    this.#unknownKeys = options.unknownKeys;
    this.#clock = options.clock;
    this.#becameKnown = options.becameKnown;
  }

  /** Whether PagerDuty has accepted the key, at least once. */
  get isKnown(): boolean {
    return this.#becameKnown === undefined;
  }

  /** Whether a call is under way that may still make the key known. */
  get isBeingAsked(): boolean {
    return this.#underWay > 0;
  }

  /** Makes the key known: it has been accepted, and there is proof of that. */
  vouch(): void {
    const becameKnown = this.#becameKnown;
    this.#becameKnown = undefined;
    this.#unknownKeys.giveBack(this.#underWay);
    this.#underWay = 0;
    becameKnown?.();
  }

  /** @throws {PagerDutyResponseError} 401 for an unknown key that PagerDuty has refused just now */
  refuseAgain(): void {
    if (!this.#isRefused) return;
    this.#unknownKeys.note('remembered');
    throw new PagerDutyResponseError(401, { errors: [] }, undefined);
  }

  /**
   * To be asked before anything is spent on a call.
   * @throws {ServiceError} `too_many_unknown_keys`, 503, where a call with this key would not be let out
   */
  refuseWhereCrowded(): void {
    if (!this.isKnown && !this.#isRefused) this.#unknownKeys.refuseWhereExhausted();
  }

  /** @throws {PagerDutyResponseError} 401, as `refuseAgain` @throws {ServiceError} 503, as `refuseWhereCrowded` */
  enter(): void {
    if (this.isKnown) return;
    this.refuseAgain();
    this.#unknownKeys.take();
    this.#underWay += 1;
  }

  leave(outcome: KeyOutcome): void {
    // Where the key has become known meanwhile, what the call took has been given back.
    if (this.isKnown) return;
    if (outcome === 'accepted') {
      this.vouch();
      return;
    }
    this.#underWay -= 1;
    if (outcome === 'taken') this.#unknownKeys.giveBack(1);
    if (outcome !== 'refused') return;
    this.#refusedUntilMs = this.#clock.now() + refusedMs;
    this.#unknownKeys.note('refused_by_pagerduty');
  }

  get #isRefused(): boolean {
    return !this.isKnown && this.#clock.now() < this.#refusedUntilMs;
  }
}
