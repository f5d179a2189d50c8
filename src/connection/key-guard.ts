import type { Clock } from '../clock/clock.js';
import { ServiceError } from '../errors/service-error.js';
import type { CallGate, KeyOutcome } from '../pagerduty/call-gate.js';
import { PagerDutyResponseError } from '../pagerduty/errors.js';

/** How many calls with unknown keys may be under way, or have failed lately. */
const maxCalls = 1_000;
const callsAMinute = 300;
const retryAfterMs = 10_000;

/** What happens to calls with keys that PagerDuty has not accepted: PagerDuty refused one, or this service did. */
export type UnknownKeyEvent = 'refused_by_pagerduty' | 'remembered' | 'too_many';

/**
 * Bounds the calls with keys that PagerDuty has not accepted yet, all of them together: whoever guesses keys in numbers
 * must not make this service call PagerDuty in numbers. A call takes a token. The token comes back if the call shows that
 * the key is good; otherwise a new one grows after a fifth of a second. After a restart every key is unknown: then any
 * number of good keys pass, up to a thousand at the same moment, while wrong ones end at 300 a minute.
 */
export class UnknownKeys {
  readonly #clock: Clock;
  readonly #report: (event: UnknownKeyEvent) => void;
  #tokens = maxCalls;
  #grownAtMs: number;
  #refused = 0;

  constructor(options: {
    clock: Clock;
    /** Gets everything that somebody who guesses would cause. Default: nobody does. */
    report?: (event: UnknownKeyEvent) => void;
  }) {
    this.#clock = options.clock;
    this.#report = options.report ?? (() => undefined);
    this.#grownAtMs = options.clock.monotonic();
  }

  /** The guard of an unknown key. `onAccepted` is called once, when PagerDuty accepts the key. */
  guard(onAccepted: () => void): KeyGuard {
    return new KeyGuard({ unknownKeys: this, clock: this.#clock, onAccepted });
  }

  /** Takes the token of one call. @throws {ServiceError} as `refuseIfExhausted` */
  take(): void {
    this.refuseIfExhausted();
    this.#tokens -= 1;
  }

  /** Gives back the tokens of calls that have shown to be no guesses. */
  giveBack(calls: number): void {
    this.#tokens = Math.min(maxCalls, this.#tokens + calls);
  }

  /** @throws {ServiceError} `too_many_unknown_keys`, 503, if no call with an unknown key may go out */
  refuseIfExhausted(): void {
    const nowMs = this.#clock.monotonic();
    const grown = (Math.max(0, nowMs - this.#grownAtMs) * callsAMinute) / 60_000;
    this.#tokens = Math.min(maxCalls, this.#tokens + grown);
    this.#grownAtMs = nowMs;
    if (this.#tokens >= 1) return;
    this.#refused += 1;
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
  record(event: Exclude<UnknownKeyEvent, 'too_many'>): void {
    this.#report(event);
  }

  /** How many calls were refused since the last drain. */
  drainRefused(): number {
    const count = this.#refused;
    this.#refused = 0;
    return count;
  }
}

/** How long a key that PagerDuty refused is refused without asking again. */
const refusedMs = 30_000;

/**
 * Knows whether PagerDuty has accepted one API key, and stands before its calls. Every key begins as unknown, and each
 * call with an unknown key needs a token of {@link UnknownKeys}. After PagerDuty accepted the key once, its calls pass
 * freely. If it is revoked later, PagerDuty says so, and the limit of the connection bounds how often.
 */
export class KeyGuard implements CallGate {
  readonly #unknownKeys: UnknownKeys;
  readonly #clock: Clock;
  #onAccepted: (() => void) | undefined;
  #refusedUntilMs = Number.NEGATIVE_INFINITY;
  /** Calls that went out while the key was unknown. */
  #underWay = 0;

  constructor(options: { unknownKeys: UnknownKeys; clock: Clock; onAccepted: () => void }) {
    this.#unknownKeys = options.unknownKeys;
    this.#clock = options.clock;
    this.#onAccepted = options.onAccepted;
  }

  /** Whether PagerDuty has accepted the key, at least once. */
  get isAccepted(): boolean {
    return this.#onAccepted === undefined;
  }

  /** Whether a call is under way by which PagerDuty may still accept the key. */
  get hasCallsUnderWay(): boolean {
    return this.#underWay > 0;
  }

  /** Says that PagerDuty has accepted the key: there is proof of it. */
  markAccepted(): void {
    const onAccepted = this.#onAccepted;
    this.#onAccepted = undefined;
    this.#unknownKeys.giveBack(this.#underWay);
    this.#underWay = 0;
    onAccepted?.();
  }

  /** @throws {PagerDutyResponseError} 401 for an unknown key that PagerDuty has refused just now */
  refuseIfRejected(): void {
    if (!this.#isRefused) return;
    this.#unknownKeys.record('remembered');
    throw new PagerDutyResponseError(401, { errors: [] }, undefined);
  }

  /**
   * To be called before anything is spent on a call.
   * @throws {ServiceError} `too_many_unknown_keys`, 503, if a call with this key would not be let out
   */
  refuseIfCrowded(): void {
    if (!this.isAccepted && !this.#isRefused) this.#unknownKeys.refuseIfExhausted();
  }

  /**
   * Takes a token for a request that has come, and whose inputs nobody has seen: reading them costs time, too, and wrong
   * ones end in no call that would take one. The function returned gives it back.
   * @throws {ServiceError} 503, as `refuseIfCrowded`
   */
  charge(): () => void {
    if (this.isAccepted || this.#isRefused) return () => undefined;
    this.#unknownKeys.take();
    return () => this.#unknownKeys.giveBack(1);
  }

  /** @throws {PagerDutyResponseError} 401, as `refuseIfRejected` @throws {ServiceError} 503, as `refuseIfCrowded` */
  enter(): void {
    if (this.isAccepted) return;
    this.refuseIfRejected();
    this.#unknownKeys.take();
    this.#underWay += 1;
  }

  exit(outcome: KeyOutcome): void {
    // If the key was accepted meanwhile, the call's token has been given back.
    if (this.isAccepted) return;
    if (outcome === 'accepted') {
      this.markAccepted();
      return;
    }
    this.#underWay -= 1;
    if (outcome === 'taken') this.#unknownKeys.giveBack(1);
    if (outcome !== 'refused') return;
    this.#refusedUntilMs = this.#clock.monotonic() + refusedMs;
    this.#unknownKeys.record('refused_by_pagerduty');
  }

  get #isRefused(): boolean {
    return !this.isAccepted && this.#clock.monotonic() < this.#refusedUntilMs;
  }
}
