import type { Clock } from '../clock/clock.js';
import { ServiceError } from '../errors/service-error.js';
import { KeyStanding } from './key-standing.js';

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
