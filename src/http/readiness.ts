import type { Clock } from '../clock/clock.js';

/** Whoever asks within this time after a check gets its result: asking often must not mean writing often. */
const keptMs = 500;
/** Whoever has asked within this time will ask again. */
const askingMs = 60_000;

/** Whether the service can do its work: it is not about to stop, and its store can be written. */
export class Readiness {
  readonly #clock: Clock;
  readonly #checkStore: () => Promise<void>;
  #isLeaving = false;
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #checkedAtMs = Number.NEGATIVE_INFINITY;
  #result: Promise<void> = Promise.resolve();

  constructor(options: { clock: Clock; checkStore: () => Promise<void> }) {
    this.#clock = options.clock;
    this.#checkStore = options.checkStore;
  }

  /** Rejects with the reason while the service cannot do its work. */
  check(): Promise<void> {
    const nowMs = this.#clock.now();
    this.#askedAtMs = nowMs;
    if (this.#isLeaving) return Promise.reject(new Error('the service is stopping'));
    if (Math.abs(nowMs - this.#checkedAtMs) >= keptMs) {
      this.#checkedAtMs = nowMs;
      this.#result = this.#checkStore();
    }
    return this.#result;
  }

  /**
   * From now on the service is not ready.
   * @returns whether there is somebody to notice: a load balancer that has asked within the last minute
   */
  leave(): boolean {
    this.#isLeaving = true;
    return this.#clock.now() - this.#askedAtMs < askingMs;
  }
}
