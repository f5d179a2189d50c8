import { errorAnswer, type Layer } from './layers.js';

const windowMs = 60_000;

/** PagerDuty's limit of calls, for each key in windows of a minute. */
export class CallLimit {
  perMinute = Number.POSITIVE_INFINITY;
  refused = 0;
  readonly #nowMs: () => number;
  readonly #windows = new Map<string, { readonly fromMs: number; used: number }>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  readonly layer: Layer = async ({ key }, next) => {
    const nowMs = this.#nowMs();
    let window = this.#windows.get(key);
    if (window === undefined || nowMs >= window.fromMs + windowMs) {
      window = { fromMs: nowMs, used: 0 };
      this.#windows.set(key, window);
    }
    window.used += 1;
    if (window.used <= this.perMinute) return next();
    this.refused += 1;
    const leftSeconds = Math.ceil((window.fromMs + windowMs - nowMs) / 1000);
    return errorAnswer(429, 'Rate Limit Exceeded', { 'ratelimit-reset': String(leftSeconds) });
  };
}
