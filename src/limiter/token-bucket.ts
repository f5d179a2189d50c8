import type { Clock } from '../clock/clock.js';

/** A limit of one number: so many at once, and as many more grow back evenly in each period. */
export class TokenBucket {
  readonly #fullMs: number;
  readonly #everyMs: number;
  readonly #clock: Pick<Clock, 'monotonic'>;
  /** A token has grown for each `everyMs` since then. */
  #emptyAtMs = Number.NEGATIVE_INFINITY;

  /** @param options.most how many there are, and how many grow in `periodMs` */
  constructor(options: { readonly most: number; readonly periodMs: number; readonly clock: Pick<Clock, 'monotonic'> }) {
    this.#fullMs = options.periodMs;
    this.#everyMs = options.periodMs / options.most;
    this.#clock = options.clock;
  }

  /** Takes one. @returns 0 if it was there, else in how many milliseconds the next one is; then none was taken */
  take(): number {
    const nowMs = this.#clock.monotonic();
    const emptyAtMs = Math.max(this.#emptyAtMs, nowMs - this.#fullMs);
    const waitMs = emptyAtMs + this.#everyMs - nowMs;
    if (waitMs > 0) return waitMs;
    this.#emptyAtMs = emptyAtMs + this.#everyMs;
    return 0;
  }
}
