import type { Redis } from 'ioredis';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import type { Clock } from '../clock/clock.js';
import { RedisScript } from '../redis/redis.js';
import {
  type CallAllowance,
  type CallDecision,
  type CallLimit,
  type CallLimiter,
  limiterClosed,
  limiterFailed,
  refusal,
} from './call-limiter.js';
import { CallLog } from './call-log.js';
import { CallSlots } from './call-slots.js';

/** Redis has failed if its answer takes longer. A call waits for three answers at most, so for less than a second. */
const maxAnswerMs = 300;
/** After how long a caller may find Redis healed. */
const retryAfterMs = 2_000;

/**
 * The sliding log that replicas share: a member for each call, its score the time at which the call set out, in
 * microseconds by the time of Redis. ARGV: calls and microseconds of a window; how many calls are asked for, and until
 * when; the time of an earlier answer whose calls have set out since. The reply is `[calls granted, calls left,
 * milliseconds until there is room for one more, time of this answer]`.
 */
const takeCalls = new RedisScript(`
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local calls, window, asked, latest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)

local function move(from, to, at)
  for _, call in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], from, to)) do redis.call('ZADD', KEYS[1], at, call) end
end
-- They have set out before this question, and keep a time apart from that of the calls granted below.
move(ARGV[5], ARGV[5], now - 1)
-- The time of Redis was set back, or another Redis took over: nobody waits longer than a window.
move(now, '+inf', now)

local room = calls - redis.call('ZCARD', KEYS[1])
local granted = now <= latest and math.max(0, math.min(asked, room)) or 0
local name = now
for _ = 1, granted do
  while redis.call('ZADD', KEYS[1], 'NX', now, name) == 0 do name = name + 1 end
end
redis.call('PEXPIRE', KEYS[1], math.ceil(window / 500))

room = room - granted
-- Another replica may still have a higher limit: then more than one call has to leave.
local next = math.max(0, -room)
local first = redis.call('ZRANGE', KEYS[1], next, next, 'WITHSCORES')[2]
return {granted, math.max(0, room), first and math.ceil((first + window - now) / 1000) or 0, now}
`);

const answerCheck = Compile(Type.Tuple([Type.Number(), Type.Number(), Type.Number(), Type.Number()]));

/** Everything a limiter shared between replicas is made from. */
export interface RedisCallLimiterOptions {
  /** Names the connection in Redis; the same in every replica. */
  readonly connectionId: string;
  readonly limit: CallLimit;
  readonly clock: Clock;
  /** All limiters share it, and none closes it. */
  readonly redis: Redis;
}

/**
 * The limiter for a process that shares its connections with other replicas, through one Redis.
 *
 * The process's own slots and log come first; a log in Redis, by the time of Redis, decides for all replicas. Calls that
 * come while Redis is being asked wait, and are asked for together, in one round trip. The next question, which no
 * granted call waits for, tells Redis that those have set out: their windows begin then, however late the answer came.
 *
 * Redis is not asked while its last answer still holds: if no call was left, no replica is granted one before the first
 * call leaves its window. And a question that Redis gets to after its asker has given up takes nothing.
 *
 * If Redis has lost its memory, each replica still grants no more than `limit.calls` in a window, by its own log.
 * Together they may exceed it until that window is over.
 */
export class RedisCallLimiter implements CallLimiter {
  readonly #options: RedisCallLimiterOptions;
  readonly #log: CallLog;
  readonly #slots: CallSlots;
  readonly #waiting: { resolve(decision: CallDecision): void; reject(error: unknown): void }[] = [];
  #serving: Promise<void> | undefined;
  /** What Redis answered last. */
  #shared = { remaining: 0, untilMs: Number.NEGATIVE_INFINITY };
  /** By how much the time of Redis is ahead of this clock's; unknown before the first answer. */
  #redisAheadMs = Number.POSITIVE_INFINITY;
  #closed: Promise<void> | undefined;

  constructor(options: RedisCallLimiterOptions) {
    this.#options = options;
    this.#log = new CallLog(options.limit, options.clock);
    this.#slots = new CallSlots(options.limit, options.clock);
  }

  take(): Promise<CallDecision> {
    if (this.#closed !== undefined) return Promise.reject(limiterClosed());
    const allowance = this.status();
    if (allowance.remaining === 0) return Promise.resolve(refusal(allowance));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#serving ??= this.#serve();
    });
  }

  /** As far as this replica knows: what others have been granted since its last question shows with the next one. */
  status(): CallAllowance {
    const own = this.#log.allowance();
    const resetMs = this.#shared.untilMs - this.#options.clock.monotonic();
    const shared = { limit: own.limit, remaining: this.#shared.remaining, resetMs };
    if (resetMs <= 0 || shared.remaining > own.remaining) return own;
    return shared.remaining === own.remaining && own.resetMs > resetMs ? own : shared;
  }

  close(): Promise<void> {
    this.#closed ??= Promise.resolve(this.#serving).then(() => this.#slots.release());
    return this.#closed;
  }

  /** Answers the calls that wait, and those that come meanwhile. Never rejects. */
  async #serve(): Promise<void> {
    let setOutAt = 0;
    try {
      do {
        await this.#slots.hold();
        setOutAt = await this.#askForAll(setOutAt);
      } while (setOutAt > 0 || this.#waiting.length > 0);
    } catch (error) {
      // If Redis does not hear that calls have set out, their windows end earlier, by as much as its answer was late.
      for (const { reject } of this.#waiting.splice(0)) reject(failed(error));
    }
    this.#serving = undefined;
  }

  /** Asks for all calls that wait. Resolves with the time of Redis at which it granted calls, or 0 if it granted none. */
  async #askForAll(setOutAt: number): Promise<number> {
    const count = Math.min(this.#waiting.length, this.status().remaining);
    let grantedAt = 0;
    if (count > 0 || setOutAt > 0) {
      const [granted, remaining, freeInMs, answeredAt] = await this.#ask(count, setOutAt);
      this.#shared = { remaining, untilMs: this.#options.clock.monotonic() + freeInMs };
      this.#log.add(granted);
      const allowance = this.status();
      for (const [index, { resolve }] of this.#waiting.splice(0, granted).entries()) {
        resolve({ granted: true, ...allowance, remaining: allowance.remaining + granted - 1 - index });
      }
      if (granted > 0) grantedAt = answeredAt;
    }
    const allowance = this.status();
    if (allowance.remaining === 0) for (const { resolve } of this.#waiting.splice(0)) resolve(refusal(allowance));
    return grantedAt;
  }

  /** Rejects if Redis does not answer in time. Then calls may count that nobody makes, until their window is over. */
  async #ask(count: number, setOutAt: number) {
    const { connectionId, limit, clock, redis } = this.#options;
    const maxMs = Math.min(maxAnswerMs, limit.windowMs / 2);
    const askedAtMs = clock.monotonic();
    const latestAt = Math.min((askedAtMs + this.#redisAheadMs + maxMs) * 1000, Number.MAX_SAFE_INTEGER);
    let callOff = () => {};
    const tooLate = new Promise<never>((_, reject) => {
      callOff = clock.after(maxMs, () => reject(new Error(`no answer within ${maxMs} ms`)));
    });
    try {
      const question = [limit.calls, limit.windowMs * 1000, count, latestAt, setOutAt];
      const asked = takeCalls.run(redis, [`pagerduty-connector:calls:{${connectionId}}`], question);
      const answer = await Promise.race([asked, tooLate]);
      if (!answerCheck.Check(answer)) throw new Error('expected the script to answer four numbers, got something else');
      const passedMs = clock.monotonic() - askedAtMs;
      // This process stood still, and the windows of the calls may be over before the calls set out.
      if (passedMs > maxMs) throw new Error(`the answer came after ${passedMs} ms`);
      this.#redisAheadMs = answer[3] / 1000 - askedAtMs;
      return answer;
    } finally {
      callOff();
    }
  }
}

/** Leaves behind the command that ioredis attaches to its errors: it has the whole script. */
function failed(error: unknown) {
  return limiterFailed({
    message: 'expected the Redis that the replicas share to count this call, but it did not answer; try again',
    retryAfterMs,
    cause: new Error(error instanceof Error ? error.message : String(error)),
  });
}
