import { type Clock, sleepWith } from '../../src/clock/clock.js';

interface Timer {
  readonly dueAtMs: number;
  readonly run: () => void;
}

/**
 * A clock that stands still until a test moves it. Timers run in order of their time, then of their making. `step` sets
 * the wall clock alone.
 */
export class ManualClock implements Clock {
  /** Timers and durations go by this one. */
  #nowMs: number;
  #steppedMs = 0;
  readonly #timers = new Set<Timer>();

  constructor(nowMs = Date.parse('2026-01-05T09:00:00Z')) {
    this.#nowMs = nowMs;
  }

  /** How many timers are waiting: a test sees that nothing was left behind. */
  get sleeping(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#nowMs + this.#steppedMs;
  }

  monotonic(): number {
    return this.#nowMs;
  }

  /** Sets the wall clock forward, or back if negative: no timer runs, and no duration changes. */
  step(byMs: number): void {
    this.#steppedMs += byMs;
  }

  after(durationMs: number, run: () => void): () => void {
    const timer = { dueAtMs: this.#nowMs + Math.max(0, durationMs), run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    return sleepWith(this, durationMs, signal);
  }

  /** Moves time forward, running timers on the way and letting what they started run before going on. */
  async advance(durationMs: number): Promise<void> {
    const targetMs = this.#nowMs + durationMs;
    for (;;) {
      await settle();
      const next = this.#earliest();
      if (next === undefined || next.dueAtMs > targetMs) break;
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.dueAtMs);
      next.run();
    }
    this.#nowMs = targetMs;
    await settle();
  }

  #earliest(): Timer | undefined {
    let earliest: Timer | undefined;
    for (const timer of this.#timers) {
      if (earliest === undefined || timer.dueAtMs < earliest.dueAtMs) earliest = timer;
    }
    return earliest;
  }
}

/** Lets promise jobs and one round of immediates run. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
