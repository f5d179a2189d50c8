import Bottleneck from 'bottleneck';
import type { Clock } from '../clock/clock.js';
import { limiterClosed, limiterFailed } from './call-limiter-errors.js';
import { CallSlot, SlotQueue } from './call-slot.js';
import { ForwardTime } from './forward-time.js';

/** At most `calls` calls in any half-open window of `windowMs` milliseconds, wherever the window is laid. */
export interface CallLimit {
  /** A whole number of at least 1. */
  readonly calls: number;
  /** More than 0. */
  readonly windowMs: number;
}

/** What is left of a limit at one instant. */
export interface CallAllowance {
  /** The calls that a window has room for. */
  readonly limit: number;
  /** How many more calls would be granted now. */
  readonly remaining: number;
  /** Until the oldest permit ends and `remaining` grows by at least one; 0 where every permit is back. */
  readonly resetMs: number;
}

/** The answer to one call, as of the instant it came. */
export type CallDecision =
  | ({ readonly granted: true } & CallAllowance)
  | {
      readonly granted: false;
      readonly limit: number;
      readonly remaining: 0;
      /** A call made this much later is granted, one made sooner is refused, others not having come first. */
      readonly retryAfterMs: number;
    };

/**
 * One connection's share of PagerDuty, whether one process enforces it or several together. Whoever opens a limiter
 * sweeps it with `releaseIdle()` now and then, may forget it while `idle`, and ends it with `close()`.
 */
export interface CallLimiter {
  /**
   * Asks for one call. Resolves with `granted: true` when the call may be sent: a few milliseconds later where the
   * slot is not at hand yet. A refusal is an answer, not an error, and waits for nothing.
   *
   * Rejects with `call_limiter_closed` after `close()`, with `call_limiter_failed` where no answer can be had; the
   * call then counts as made.
   */
  take(): Promise<CallDecision>;
  /** What a call would find now; takes nothing. */
  status(): CallAllowance;
  /** True while nothing is held and no permit is in its window: a fresh limiter would decide the same. */
  readonly idle: boolean;
  /** Gives back the slots that have been unused for long enough. */
  releaseIdle(): void;
  /** Ends the limiter once the calls already granted are handed out. Its permits are forgotten. */
  close(): Promise<void>;
}

/** Everything a limiter in one process is made from. */
export interface LocalCallLimiterOptions {
  readonly limit: CallLimit;
  readonly clock: Clock;
  /** How long a slot stays unused, after its window, before `releaseIdle()` gives it back. Default: one window. */
  readonly idleMs?: number;
  /** Lets a test see what is asked of Bottleneck. Must make one that lives in this process alone, as the default does. */
  readonly createBottleneck?: (options: Bottleneck.ConstructorOptions) => Bottleneck;
}

/**
 * The limiter for a process that has its connections to itself.
 *
 * A call claims a slot, of which there are never more than `limit.calls`. A claim takes its slot for one window, and
 * what a call is told follows from the times of the claims alone: hence every `retryAfterMs` is exact, even while all
 * slots are still being asked of Bottleneck. A claim is handed out once Bottleneck has granted the slot and one
 * window has passed since the slot was last handed out. Where Bottleneck took 5 ms for the first claim, a second one
 * exactly one window later is granted and waits those 5 ms: no window ever sees one call too many.
 *
 * Bottleneck is asked for slots, not calls, so at most `limit.calls` times while a connection stays busy, and it
 * comes into being with the first call. Slots are claimed oldest first; whether one is free follows from the clock, no
 * timer runs for it. A slot's first claim costs about 3 ms, with those before it in the same burst.
 *
 * Should the clock be set back, time stands still here until the next look at it, then goes on: nobody waits longer
 * than one window, no permit ends early. A clock set forward ends permits early, as nothing tells that from a pause.
 */
export class LocalCallLimiter implements CallLimiter {
  readonly #limit: CallLimit;
  readonly #clock: Clock;
  readonly #time: ForwardTime;
  readonly #idleMs: number;
  readonly #createBottleneck: (options: Bottleneck.ConstructorOptions) => Bottleneck;
  /** Claimed less than a window ago, in the order of the claims. */
  readonly #taken = new SlotQueue();
  /** Claimable, longest unused first. */
  readonly #free = new SlotQueue();
  #bottleneck: Bottleneck | undefined;
  /** Until it resolves, Bottleneck may have no room for the slots that were given back. */
  #released: Promise<void> = Promise.resolve();
  #closed: Promise<void> | undefined;

  /** Throws a RangeError for a limit or an idle time that cannot be. */
  constructor(options: LocalCallLimiterOptions) {
    const { calls, windowMs } = options.limit;
    const idleMs = options.idleMs ?? windowMs;
    if (!Number.isSafeInteger(calls) || calls < 1 || !(windowMs > 0) || !(idleMs >= 0)) {
      throw new RangeError(
        `expected calls to be a whole number from 1, windowMs above 0 and idleMs from 0, got ${calls}, ${windowMs} and ${idleMs}`,
      );
    }
    this.#limit = options.limit;
    this.#clock = options.clock;
    this.#time = new ForwardTime(options.clock);
    this.#idleMs = idleMs;
    this.#createBottleneck = options.createBottleneck ?? ((bottleneckOptions) => new Bottleneck(bottleneckOptions));
  }

  // Always a promise, as a limiter shared between processes cannot answer otherwise; where the answer is at hand the
  // promise is made resolved, which costs a caller one turn of the microtask queue.
  take(): Promise<CallDecision> {
    if (this.#closed !== undefined) return Promise.reject(limiterClosed());
    const nowMs = this.#look();
    const { calls, windowMs } = this.#limit;
    const slot = this.#free.shift() ?? (this.#taken.size < calls ? new CallSlot() : undefined);
    if (slot === undefined) {
      return Promise.resolve({ granted: false, limit: calls, remaining: 0, retryAfterMs: this.#resetMs(nowMs) });
    }
    slot.claimableAtMs = nowMs + windowMs;
    this.#taken.push(slot);
    const decision = {
      granted: true,
      limit: calls,
      remaining: calls - this.#taken.size,
      resetMs: this.#resetMs(nowMs),
    } as const;
    if (!slot.held || slot.turn !== undefined || slot.coolAtMs > nowMs) return this.#handOutLater(slot, decision);
    slot.coolAtMs = nowMs + windowMs;
    return Promise.resolve(decision);
  }

  status(): CallAllowance {
    const nowMs = this.#look();
    const { calls } = this.#limit;
    return { limit: calls, remaining: calls - this.#taken.size, resetMs: this.#resetMs(nowMs) };
  }

  get idle(): boolean {
    return this.#taken.size === 0 && this.#free.size === 0;
  }

  releaseIdle(): void {
    const nowMs = this.#look();
    for (;;) {
      const slot = this.#free.first;
      if (slot === undefined || slot.turn !== undefined || slot.coolAtMs + this.#idleMs > nowMs) break;
      this.#free.shift();
      this.#released = both(this.#released, slot.release());
    }
    if (this.idle) this.#dropBottleneck();
  }

  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  async #end(): Promise<void> {
    const slots = [...this.#taken.drain(), ...this.#free.drain()];
    await Promise.all(slots.map((slot) => slot.turn));
    await Promise.all([this.#released, ...slots.map((slot) => slot.release())]);
    this.#dropBottleneck();
    await this.#released;
  }

  async #handOutLater(slot: CallSlot, decision: CallDecision): Promise<CallDecision> {
    const handedOut = slot.turn === undefined ? this.#handOut(slot) : slot.turn.then(() => this.#handOut(slot));
    const pass = () => {
      if (slot.turn === turn) slot.turn = undefined;
    };
    const turn = handedOut.then(pass, pass);
    slot.turn = turn;
    await handedOut;
    return decision;
  }

  async #handOut(slot: CallSlot): Promise<void> {
    if (!slot.held) await this.#hold(slot);
    let nowMs = this.#time.now();
    while (nowMs < slot.coolAtMs) {
      await this.#clock.sleep(slot.coolAtMs - nowMs);
      nowMs = this.#time.now();
    }
    slot.coolAtMs = nowMs + this.#limit.windowMs;
  }

  async #hold(slot: CallSlot): Promise<void> {
    await this.#released;
    this.#bottleneck ??= this.#createBottleneck({
      maxConcurrent: this.#limit.calls,
      highWater: 0,
      strategy: Bottleneck.strategy.OVERFLOW,
      // Bottleneck waits for the wall-clock time of its last grant plus minTime. With 0, a clock set back by an hour
      // makes it drop every job for that hour.
      minTime: Number.NEGATIVE_INFINITY,
    });
    const asked = this.#bottleneck;
    try {
      await slot.hold(asked);
    } catch (error) {
      // It has no reason to drop a job: there are never more slots than it has room for. Start afresh.
      if (this.#bottleneck === asked) this.#dropBottleneck();
      throw limiterFailed({
        message: 'expected the rate limiter to grant a call that it has room for, but it dropped it; try again',
        cause: error,
      });
    }
  }

  #dropBottleneck(): void {
    const bottleneck = this.#bottleneck;
    this.#bottleneck = undefined;
    if (bottleneck === undefined) return;
    this.#released = this.#released.then(() => bottleneck.disconnect());
  }

  #resetMs(nowMs: number): number {
    const oldest = this.#taken.first;
    return oldest === undefined ? 0 : oldest.claimableAtMs - nowMs;
  }

  /** Frees the slots whose window is over. */
  #look(): number {
    const nowMs = this.#time.now();
    for (;;) {
      const oldest = this.#taken.first;
      if (oldest === undefined || oldest.claimableAtMs > nowMs) return nowMs;
      this.#taken.shift();
      this.#free.push(oldest);
    }
  }
}

// Promise.all would do but for its result: a list in a list in a list, one deeper with every slot given back.
async function both(first: Promise<void>, second: Promise<void>): Promise<void> {
  await first;
  await second;
}
