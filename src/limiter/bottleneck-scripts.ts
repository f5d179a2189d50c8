import { RedisScript } from '../redis/redis.js';

/** What a replica tells every script beside Bottleneck's own values. */
export interface PermitTerms {
  /** Permits that may be out at the same time. */
  readonly calls: number;
  /** How long a permit lasts. */
  readonly permitMs: number;
  /** The keys last this long after the last grant; longer than any permit. */
  readonly ttlMs: number;
}

const timeOfRedis = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
`;

// The names of the keys, as in bottleneck/lib/Scripts.js: KEYS[1] the settings, KEYS[3] the jobs by their end.
const before = `
local ttlMs = tonumber(table.remove(ARGV))
local permitMs = tonumber(table.remove(ARGV))
local calls = tonumber(table.remove(ARGV))
${timeOfRedis}
-- The time of Redis, not that of the replica: their clocks differ, and permits of one are ended by the calls of others.
ARGV[1] = now

local running = tonumber(redis.call('HGET', KEYS[1], 'running'))
if running ~= nil then
  if running > 0 and redis.call('EXISTS', unpack(KEYS)) < #KEYS then
    -- Redis ran out of memory and evicted a part: what is left would never end, or fail for ever.
    redis.call('DEL', unpack(KEYS))
  else
    -- The limit of the replica that asks, which may have been changed; and no grant to keep a distance from.
    redis.call('HSET', KEYS[1], 'maxConcurrent', calls, 'nextRequest', 0)
  end
end

-- The time of Redis was set back, or another Redis took over: nobody waits longer than a permit lasts.
for _, permit in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '(' .. string.format('%.17g', now + permitMs), '+inf')) do
  redis.call('ZADD', KEYS[3], now + permitMs, permit)
end

local bottleneck = function()
`;

const stock = `
local first = redis.call('ZRANGE', KEYS[3], 0, 0, 'WITHSCORES')
local freeInMs = first[2] and math.ceil(first[2] - now) or 0
local permitsOut = tonumber(redis.call('HGET', KEYS[1], 'running'))
`;

const after = `
end
local answer = bottleneck()
if type(answer) == 'table' and answer.err then return answer end
${stock}
return {answer, permitsOut, freeInMs}
`;

const keep = "for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ttlMs) end";

/** The scripts that make state or add to it. What is only asked for does not keep it alive. */
const keeping: ReadonlySet<string> = new Set(['init', 'register_client', 'register']);

/**
 * One of Bottleneck's scripts, run by the time of Redis. Its reply is `[Bottleneck's reply, permits that are out,
 * milliseconds until the first of them ends]`. The values of the terms go behind those of Bottleneck, in their order.
 */
export function bottleneckScript(name: string, lua: string): RedisScript {
  const end = keeping.has(name) ? after.replace(stock, `${keep}${stock}`) : after;
  return new RedisScript(`${before}${lua}${end}`);
}

/** Makes the permit ARGV[1] end ARGV[2] milliseconds from now, unless it is over. Replies `[permits out, free in ms]`. */
export const renewPermit = new RedisScript(`
${timeOfRedis}
if redis.call('ZSCORE', KEYS[3], ARGV[1]) then redis.call('ZADD', KEYS[3], now + ARGV[2], ARGV[1]) end
${stock}
return {permitsOut, freeInMs}
`);
