import { PagerDutyTimeoutError } from '../../../src/pagerduty/errors.js';
import type { ManualClock } from '../manual-clock.js';
import type { Layer } from './layers.js';

const deadlineMs = 10_000;

/** Answers take their time: the more items are asked for, the longer. What takes too long is never answered. */
export class SlowAnswers {
  msPerCall = 0;
  /** For each item that a listing is asked for. */
  msPerItem = 0;
  timedOut = 0;
  readonly #clock: ManualClock;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  readonly layer: Layer = async ({ query }, next) => {
    const tookMs = this.msPerCall + this.msPerItem * Number(query.get('limit') ?? 0);
    if (tookMs > 0) await this.#clock.sleep(Math.min(tookMs, deadlineMs));
    if (tookMs < deadlineMs) return next();
    this.timedOut += 1;
    throw new PagerDutyTimeoutError(deadlineMs);
  };
}
