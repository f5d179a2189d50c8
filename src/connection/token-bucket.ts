import type { Clock } from '../clock/clock.js';

/** So many things at once, and so many a minute from then on. */
export class TokenBucket {
  readonly #max: number;
  readonly #aMinute: number;
  readonly #clock: Pick<Clock, 'monotonic'>;
  #tokens: number;
  #grownAtMs: number;

  constructor(options: { readonly max: number; readonly aMinute: number; readonly clock: Pick<Clock, 'monotonic'> }) {
    this.#max = options.max;
    this.#aMinute = options.aMinute;
    this.#clock = options.clock;
    this.#tokens = options.max;
    this.#grownAtMs = options.clock.monotonic();
  }

  /** Whether there is a token. */
  get hasOne(): boolean {
    const nowMs = this.#clock.monotonic();
    const grown = (Math.max(0, nowMs - this.#grownAtMs) * this.#aMinute) / 60_000;
    this.#tokens = Math.min(this.#max, this.#tokens + grown);
    this.#grownAtMs = nowMs;
    return this.#tokens >= 1;
  }

  /** Takes a token. There must be one. */
  take(): void {
    this.#tokens -= 1;
  }

  giveBack(): void {
    this.#tokens = Math.min(this.#max, this.#tokens + 1);
  }
}
