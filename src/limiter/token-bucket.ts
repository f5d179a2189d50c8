import type { Clock } from '../clock/clock.js';

/** So many at once, and as many more grow back evenly in each period. */
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

  /** Whether there is one. */
  get hasOne(): boolean {
    const nowMs = this.#clock.monotonic();
    return this.#nextAtMs(nowMs) <= nowMs;
  }

  /** Takes one. @returns 0 if it was there, else in how many milliseconds the next one is; then none was taken */
  take(): number {
    const nowMs = this.#clock.monotonic();
    const nextAtMs = this.#nextAtMs(nowMs);
    if (nextAtMs > nowMs) return nextAtMs - nowMs;
    this.#emptyAtMs = nextAtMs;
    return 0;
  }

  /** Gives one back that was taken. */
  giveBack(): void {
    this.#emptyAtMs -= this.#everyMs;
  }

  /** When the next one is there, or has been for a while. No more are saved up than there may be. */
  #nextAtMs(nowMs: number): number {
    return Math.max(this.#emptyAtMs, nowMs - this.#fullMs) + this.#everyMs;
  }
}
