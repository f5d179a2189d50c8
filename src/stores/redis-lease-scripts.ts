import { RedisScript } from '../redis/redis.js';
import { logLua } from './redis-log-layout.js';

/**
 * For how long a lease is still held. Its value is the length for which it was given. Redis' clock may be set back, or a
 * Redis whose clock is behind may take over: then the time to live grows, and nobody would poll for as long. A lease
 * never lasts longer than its length. A value of 1 is of a version that did not remember the length.
 */
const leaseLua = `
local function heldFor(lease, assumedMs)
  local length = tonumber(redis.call('GET', lease) or 0)
  if length == 0 then return 0 end
  if length == 1 then length = assumedMs end
  local left = redis.call('PTTL', lease)
  if left >= 0 and left <= length then return left end
  redis.call('PEXPIRE', lease, length)
  return length
end
local function hold(lease, forMs) redis.call('SET', lease, forMs, 'PX', forMs) end
`;

/**
 * One more key: the lease. Arguments: for how long.
 * Gives [1 or 0, for how long nobody gets the next lease, commit id or null].
 */
export const acquireLeaseScript = new RedisScript(`${logLua}${leaseLua}
local log, forMs = known(), tonumber(ARGV[1])
local left = heldFor(KEYS[8], forMs)
local granted = left == 0
if granted then
  hold(KEYS[8], forMs)
  left = forMs
end
return { granted and 1 or 0, left, log and log.revision or false }
`);

/** One key: the lease. Arguments: for how long. A longer wait that is known already stays. */
export const extendLeaseScript = new RedisScript(`${leaseLua}
local forMs = tonumber(ARGV[1])
if heldFor(KEYS[1], forMs) < forMs then hold(KEYS[1], forMs) end
`);
