import type { SandboxClock } from '../shifted-clock.js';

const windowMs = 60_000;

export interface Allowance {
  readonly limit: number;
  readonly remaining: number;
  readonly resetSeconds: number;
  readonly allowed: boolean;
}

/** Counts requests per key in windows of a minute that start with the key's first request. */
export class MinuteLimiter {
  readonly #clock: SandboxClock;
  #windows = new Map<string, { startedAtMs: number; used: number }>();

  constructor(clock: SandboxClock) {
    this.#clock = clock;
  }

  reset(): void {
    this.#windows.clear();
  }

  take(key: string, limit: number): Allowance {
    const nowMs = this.#clock.now();
    let window = this.#windows.get(key);
    if (window === undefined || nowMs >= window.startedAtMs + windowMs) {
      window = { startedAtMs: nowMs, used: 0 };
      this.#windows.set(key, window);
    }
    window.used += 1;
    return {
      limit,
      remaining: Math.max(0, limit - window.used),
      resetSeconds: Math.ceil((window.startedAtMs + windowMs - nowMs) / 1000),
      allowed: window.used <= limit,
    };
  }
}
