import type { Clock } from '../clock/clock.js';
import type { CallGate, KeyOutcome } from '../pagerduty/call-gate.js';
import { PagerDutyResponseError } from '../pagerduty/pagerduty-response-error.js';
import type { UnknownKeys } from './unknown-keys.js';

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
