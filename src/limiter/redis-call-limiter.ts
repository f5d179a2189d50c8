import type { Redis } from 'ioredis';
import type { Clock } from '../clock/clock.js';
import type { PermitStock } from './bottleneck-client.js';
import type { CallAllowance, CallDecision, CallLimit, CallLimiter } from './call-limiter.js';
import { limiterClosed, limiterFailed } from './call-limiter-errors.js';
import { ForwardTime } from './forward-time.js';
import { SharedPermits } from './shared-permits.js';

/** An answer that takes longer than this is none. */
const answerWithinMs = 900;
/** After how long a caller may find Redis healed. */
const retryAfterMs = 2_000;
/** Everything a limiter shared between replicas is made from. */
export interface RedisCallLimiterOptions {
  /** Names the connection in Redis; the same in every replica. */
  readonly fingerprint: string;
  readonly limit: CallLimit;
  readonly clock: Clock;
  /** Shared by all limiters, and nobody's to close here. No command may take longer than a few hundred milliseconds. */
  readonly redis: Redis;
}

interface Waiting {
  readonly resolve: (decision: CallDecision) => void;
  readonly reject: (error: unknown) => void;
  readonly callOff: () => void;
}

/**
 * The limiter for a process that shares its connections with other replicas, through one Redis.
 *
 * Bottleneck decides in Redis, by the time of Redis; permits end there, whether their replica still lives or not. Calls
 * that come while it is being asked wait, and are asked for together. It is not asked at all while the last answer
 * still tells: after a refusal, or the last permit, no other replica can be granted one before the first one out ends.
 *
 * Each replica also counts what it granted itself. That holds where Redis has lost its memory: then each replica still
 * grants no more than `limit.calls` in a window, though together they may exceed it until that window is over.
 */
export class RedisCallLimiter implements CallLimiter {
  readonly #limit: CallLimit;
  readonly #clock: Clock;
  readonly #time: ForwardTime;
  readonly #permits: SharedPermits;
  /** In the order of their coming. */
  readonly #waiting = new Set<Waiting>();
  #serving: Promise<void> | undefined;
  /** What Redis told last; holds until the first permit ends. */
  #told = { remaining: 0, untilMs: Number.NEGATIVE_INFINITY };
  /** When each call granted here leaves its window, oldest first. */
  #own: number[] = [];
  #lastAskedMs = Number.NEGATIVE_INFINITY;
  #closed: Promise<void> | undefined;

  constructor(options: RedisCallLimiterOptions) {
    const { limit, clock, redis, fingerprint } = options;
    this.#limit = limit;
    this.#clock = clock;
    this.#time = new ForwardTime(clock);
    this.#permits = new SharedPermits({
      id: `pagerduty-connector:{${fingerprint}}`,
      redis,
      clock,
      terms: { calls: limit.calls, permitMs: limit.windowMs, ttlMs: 2 * limit.windowMs },
    });
  }

  take(): Promise<CallDecision> {
    if (this.#closed !== undefined) return Promise.reject(limiterClosed());
    const { limit, remaining, resetMs } = this.status();
    if (remaining === 0) return Promise.resolve({ granted: false, limit, remaining, retryAfterMs: resetMs });
    return new Promise((resolve, reject) => {
      const callOff = this.#clock.after(answerWithinMs, () => {
        this.#waiting.delete(waiting);
        reject(failed(new Error(`no answer within ${answerWithinMs} ms`)));
      });
      const waiting = { resolve, reject, callOff };
      this.#waiting.add(waiting);
      this.#serving ??= this.#serve();
    });
  }

  /** As far as this replica knows: what others have been granted since its last question shows with the next one. */
  status(): CallAllowance {
    const nowMs = this.#look();
    const { calls: limit } = this.#limit;
    const [ownMs = nowMs] = this.#own;
    const own = { limit, remaining: limit - this.#own.length, resetMs: ownMs - nowMs };
    if (this.#told.untilMs <= nowMs) return own;
    const told = { limit, remaining: this.#told.remaining, resetMs: this.#told.untilMs - nowMs };
    if (told.remaining === own.remaining) return told.resetMs > own.resetMs ? told : own;
    return told.remaining < own.remaining ? told : own;
  }

  get idle(): boolean {
    const nowMs = this.#look();
    return this.#serving === undefined && !this.#permits.held && this.#own.length === 0 && this.#told.untilMs <= nowMs;
  }

  releaseIdle(): void {
    const unusedMs = this.#look() - this.#lastAskedMs;
    if (this.#serving === undefined && unusedMs >= 2 * this.#limit.windowMs) this.#permits.drop();
  }

  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  async #end(): Promise<void> {
    await this.#serving;
    this.#permits.drop();
  }

  /** Answers the calls that wait, those that come meanwhile too. Never rejects. */
  async #serve(): Promise<void> {
    // Calls of the same instant are asked for together.
    await Promise.resolve();
    while (this.#waiting.size > 0) await this.#serveTogether();
    this.#serving = undefined;
  }

  async #serveTogether(): Promise<void> {
    const { limit, remaining, resetMs } = this.status();
    if (remaining === 0) {
      this.#settle(({ resolve }) => resolve({ granted: false, limit, remaining, retryAfterMs: resetMs }));
      return;
    }
    this.#lastAskedMs = this.#time.now();
    const count = Math.min(this.#waiting.size, remaining);
    try {
      const answer = await this.#permits.ask(count);
      this.#learn(answer);
      if (answer.granted) this.#handOut(count);
    } catch (error) {
      this.#settle(({ reject }) => reject(failed(error)));
    }
  }

  #learn({ permitsOut, freeInMs }: PermitStock): void {
    this.#told = {
      remaining: Math.max(0, this.#limit.calls - permitsOut),
      untilMs: this.#time.now() + freeInMs,
    };
  }

  #handOut(count: number): void {
    const ageMs = this.#permits.permitAgeMs;
    // A permit must not be over, or about to be, before its call sets out: this process stood still.
    if (ageMs > Math.min(answerWithinMs, this.#limit.windowMs / 2)) {
      throw new Error(`the permit came ${ageMs} ms after it was asked for`);
    }
    const served = [...this.#waiting].slice(0, count);
    const outMs = this.#time.now() + this.#limit.windowMs;
    this.#own.push(...served.map(() => outMs));
    const { limit, remaining, resetMs } = this.status();
    let behind = served.length;
    this.#settle(({ resolve }) => {
      behind -= 1;
      resolve({ granted: true, limit, remaining: remaining + behind, resetMs });
    }, served);
    void this.#beginWindow();
  }

  /** The window of a call begins when it sets out, a little after Redis granted it. */
  async #beginWindow(): Promise<void> {
    // The callers go on first, so that no call sets out after this.
    await Promise.resolve();
    try {
      this.#learn(await this.#permits.renew());
    } catch {
      // Where Redis does not hear of it, the permit ends that little too early.
    }
  }

  #settle(how: (waiting: Waiting) => void, whom: Iterable<Waiting> = this.#waiting): void {
    for (const waiting of whom) {
      this.#waiting.delete(waiting);
      waiting.callOff();
      how(waiting);
    }
  }

  /** Forgets the calls that have left their window. */
  #look(): number {
    const nowMs = this.#time.now();
    while ((this.#own[0] ?? Number.POSITIVE_INFINITY) <= nowMs) this.#own.shift();
    return nowMs;
  }
}

function failed(cause: unknown) {
  return limiterFailed({
    message: 'expected the Redis that the replicas share to count this call, but it did not answer; try again',
    retryAfterMs,
    cause,
  });
}
