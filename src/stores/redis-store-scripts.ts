import { RedisScript } from '../redis/redis.js';
import { logLua } from './redis-log-layout.js';

/** Gives [commit id, head sequence, commit id at the head, header, trimmed to, records as id, value, …], or null. */
export const loadScript = new RedisScript(`${logLua}
local log = known()
if not log then return false end
local answer = state(log)
answer[6] = call('HGETALL', RECORDS)
return answer
`);

/**
 * Arguments: the commit id expected, after an =, or nothing; the new one; header; time of learning; time to live; number
 * of events; key, kind, subject, time and payload of each; number of records changed; id and value of each; ids removed.
 * Gives [head sequence, commit id at the head], or null if the commit was overtaken.
 *
 * The first write is one that Redis refuses if memory is short. Whatever follows a first write, Redis carries out
 * whole: https://redis.io/docs/latest/develop/programmability/lua-api/
 */
export const commitScript = new RedisScript(`${logLua}
local log = known()
if (log and '=' .. log.revision or '') ~= ARGV[1] then return false end
local commitId, header, learnedAt, keepMs = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
call('HSET', STATE, 'revision', commitId, 'header', header, 'committedAt', learnedAt)
if not log then
  call('UNLINK', RECORDS, EVENTS, INDEX, SEEN, LEARNED, NEWEST)
  log = { floor = 0, floorMark = commitId, head = 0, headMark = commitId, trimmedTo = 0 }
end

local argument = 6
local function nextArgument()
  argument = argument + 1
  return ARGV[argument]
end
local before, newest = log.head, {}
for _ = 1, tonumber(ARGV[argument]) do
  local key, kind, subject, at, payload = nextArgument(), nextArgument(), nextArgument(), nextArgument(), nextArgument()
  if call('SADD', SEEN, key) == 1 then
    log.head = log.head + 1
    log.headMark = commitId
    call('XADD', EVENTS, id(log.head) .. '-0', 'mark', commitId, 'key', key, 'kind', kind, 'subject', subject, 'at', at,
      'payload', payload)
    local suffix = digits(log.head) .. ' ' .. at
    call('ZADD', INDEX, 0, aboutKind(kind) .. suffix, 0, aboutSubject(kind, subject) .. suffix)
    local block = blockOf(log.head)
    newest[block] = math.max(newest[block] or tonumber(call('HGET', NEWEST, block) or at), tonumber(at))
  end
end
for block, at in pairs(newest) do call('HSET', NEWEST, block, id(math.ceil(at))) end
if log.head > before then call('ZADD', LEARNED, learnedAt, id(log.head)) end
for _ = 1, tonumber(nextArgument()) do call('HSET', RECORDS, nextArgument(), nextArgument()) end
while argument < #ARGV do call('HDEL', RECORDS, nextArgument()) end

call('HSET', STATE, 'floor', id(log.floor), 'floorMark', log.floorMark, 'head', id(log.head), 'headMark', log.headMark,
  'records', call('HLEN', RECORDS), 'trimmedTo', id(log.trimmedTo))
for _, key in ipairs(KEYS) do call('PEXPIRE', key, keepMs) end
return { log.head, log.headMark }
`);

/**
 * Arguments: sequence number and commit id of a position; kind; subject after an =, or nothing; time; limit.
 * Gives [commit id, head sequence, commit id at the head, header, trimmed to, 1 or 0, [[sequence, commit id, key, time,
 * payload], …], the earliest time behind those or null], or null.
 */
export const readScript = new RedisScript(`${logLua}
-- Behind the page so many entries are looked at: Redis does nothing else meanwhile.
local MAX_REST = 5000
local log = known()
if not log then return false end
local answer = located(log, ARGV[1], ARGV[2])
local about = ARGV[4] == '' and aboutKind(ARGV[3]) or aboutSubject(ARGV[3], string.sub(ARGV[4], 2))
local after, notBefore, limit = tonumber(ARGV[1]), tonumber(ARGV[5]), tonumber(ARGV[6])
local found, rest, earliest = {}, 0, nil
while after < log.head and rest < MAX_REST do
  -- ':' sorts right after '9': behind a number it is past that number's member, behind the prefix past all of them.
  local members = call('ZRANGEBYLEX', INDEX, '(' .. about .. digits(after) .. ':', '(' .. about .. ':', 'LIMIT', 0, BLOCK)
  for _, member in ipairs(members) do
    local at = tonumber(string.sub(member, #about + 18))
    if #found >= limit then
      rest = rest + 1
      if at >= notBefore then earliest = math.min(earliest or at, at) end
    elseif at >= notBefore then
      local sequence = tonumber(string.sub(member, #about + 1, #about + 16))
      local event = eventAt(sequence)
      found[#found + 1] = { sequence, event.mark, event.key, event.at, event.payload }
    end
  end
  if #members < BLOCK then break end
  after = tonumber(string.sub(members[BLOCK], #about + 1, #about + 16))
  -- Passes over the blocks in which everything is too old.
  while after < log.head and tonumber(call('HGET', NEWEST, blockOf(after + 1)) or notBefore) < notBefore do
    after = (tonumber(blockOf(after + 1)) + 1) * BLOCK
  end
end
if rest >= MAX_REST and after < log.head then earliest = notBefore end
answer[7] = found
answer[8] = earliest and math.floor(earliest) or false
return answer
`);

/**
 * Arguments: keys of events. Gives the places, from 1, of those that the log does not have, or null if there is no log.
 */
export const unloggedScript = new RedisScript(`${logLua}
if not known() then return false end
local places = {}
-- In pieces: a call takes no more arguments than the stack of Lua has room for.
for first = 1, #ARGV, 1000 do
  local last = math.min(first + 999, #ARGV)
  for offset, isThere in ipairs(call('SMISMEMBER', SEEN, unpack(ARGV, first, last))) do
    if isThere == 0 then places[#places + 1] = first + offset - 1 end
  end
end
return places
`);

/**
 * Arguments: sequence number or nothing, commit id.
 * Gives [commit id, head sequence, commit id at the head, header, trimmed to, 1 or 0], or null.
 */
export const locateScript = new RedisScript(`${logLua}
local log = known()
if not log then return false end
return located(log, ARGV[1], ARGV[2])
`);

/**
 * Arguments: the time before which what was learned goes; the maximum of events. Gives 1 if there may be more to do.
 * A floor never sinks, and everything up to it goes: a clock that was set back must not leave holes in a log.
 *
 * The first write is one that Redis does not refuse if memory is short.
 */
export const trimScript = new RedisScript(`${logLua}
local log = known()
local learnedBefore, max = tonumber(ARGV[1]), tonumber(ARGV[2])
if not log or log.committedAt < learnedBefore then
  call('UNLINK', unpack(KEYS))
  return 0
end
local old = call('ZRANGEBYSCORE', LEARNED, '-inf', '(' .. ARGV[1], 'LIMIT', 0, max)
if #old == 0 then return 0 end
local target = log.floor
for _, last in ipairs(old) do target = math.max(target, tonumber(last)) end
local floor = math.min(target, log.floor + max)
for sequence = log.floor + 1, floor do
  local event = eventAt(sequence)
  local suffix = digits(sequence) .. ' ' .. event.at
  call('ZREM', INDEX, aboutKind(event.kind) .. suffix, aboutSubject(event.kind, event.subject) .. suffix)
  call('SREM', SEEN, event.key)
  if sequence % BLOCK == 0 then call('HDEL', NEWEST, blockOf(sequence)) end
  log.floorMark = event.mark
  log.trimmedTo = math.max(log.trimmedTo, math.ceil(tonumber(event.at)))
end
if floor == target then call('ZREM', LEARNED, unpack(old)) end
if floor > log.floor then
  call('XTRIM', EVENTS, 'MINID', id(floor + 1))
  call('HSET', STATE, 'floor', id(floor), 'floorMark', log.floorMark, 'trimmedTo', id(log.trimmedTo))
end
return (floor < target or #old == max) and 1 or 0
`);
