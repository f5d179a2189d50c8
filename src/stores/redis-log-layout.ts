import Type from 'typebox';
import type { LogState } from '../engine/event-store.js';
import { rowReader } from './row-reader.js';

/**
 * The keys of one connection, in the order in which every script gets them.
 *
 * - `state` (hash): the id of the last commit (`revision`), header, both ends of the log, when the latest of the events
 *   that were removed happened, and how much the other keys have to hold.
 * - `records` (hash): the snapshot.
 * - `events` (stream): the events. The id is the sequence number, so one XTRIM removes old ones, and one
 *   XRANGE finds the commit id (`mark`) of any position.
 * - `index` (sorted set, all of score 0, so in the order of the texts): two entries an event, by kind and by kind and
 *   subject, each with sequence number and time: `created/0000000000000042 1767603600000`. With a stream alone, one
 *   user's events would take reading it through. A stream for each subject would be thousands of keys, all of which
 *   have to expire.
 * - `seen` (set): the keys of the events.
 * - `learned` (sorted set): for each commit with events, when it was learned and its last sequence number.
 * - `newest` (hash): the latest time among each 128 events that follow one another, so that a reader who wants recent
 *   events passes over old ones.
 */
export const logKeys = ['state', 'records', 'events', 'index', 'seen', 'learned', 'newest'] as const;

/** What the names of all keys begin with. */
export const keyPrefix = 'pagerduty-connector:log:';

/** The braces make a Redis Cluster keep all of them in one place. */
function keyOf(connectionId: string, name: string): string {
  return `${keyPrefix}{${connectionId}}:${name}`;
}

/** The names of a connection's keys, in the order of `logKeys`. */
export function logKeysOf(connectionId: string): readonly string[] {
  return logKeys.map((name) => keyOf(connectionId, name));
}

/** The name of a connection's lease. */
export function leaseKeyOf(connectionId: string): string {
  return keyOf(connectionId, 'turn');
}

/** The name of what says that a key was accepted. */
export function acceptedKeyOf(id: string): string {
  return keyOf(id, 'accepted');
}

/** The connection that a key is of. */
export function connectionIdOf(key: string): string {
  return key.slice(key.indexOf('{') + 1, key.lastIndexOf('}'));
}

/** What every script on those keys begins with. */
export const logLua = `
local STATE, RECORDS, EVENTS, INDEX, SEEN, LEARNED, NEWEST = unpack(KEYS)
local call = redis.call
-- So many events, one after the other, share one entry of NEWEST. Readers get so many members of INDEX at a time.
local BLOCK = 128

-- Numbers go into texts as digits of one length: texts sort as their numbers do.
local function digits(number) return string.format('%016.0f', number) end
local function id(number) return string.format('%.0f', number) end
local function blockOf(sequence) return id(math.floor((sequence - 1) / BLOCK)) end

-- The length says at which character the subject ends, whatever is in it.
local function aboutKind(kind) return kind .. '/' end
local function aboutSubject(kind, subject) return kind .. ':' .. #subject .. ':' .. subject .. '/' end

local function eventAt(sequence)
  local entry = call('XRANGE', EVENTS, id(sequence), id(sequence))[1]
  if not entry then return nil end
  local event = {}
  for i = 1, #entry[2], 2 do event[entry[2][i]] = entry[2][i + 1] end
  return event
end

-- The connection, if all of it is there. If Redis has evicted a part, the rest counts as nothing: hosts go on from
-- their own frontier, and miss nothing in silence.
local function known()
  local s = call('HMGET', STATE, 'revision', 'header', 'floor', 'floorMark', 'head', 'headMark', 'records', 'committedAt',
    'trimmedTo')
  if not s[1] then return nil end
  local floor, head = tonumber(s[3]), tonumber(s[5])
  local events = head - floor
  if call('HLEN', RECORDS) ~= tonumber(s[7]) or call('XLEN', EVENTS) ~= events or call('ZCARD', INDEX) ~= 2 * events
    or call('SCARD', SEEN) ~= events or (events > 0 and call('EXISTS', LEARNED) == 0) then return nil end
  return { revision = s[1], header = s[2], floor = floor, floorMark = s[4], head = head, headMark = s[6],
    committedAt = tonumber(s[8]), trimmedTo = tonumber(s[9] or 0) }
end

local function state(log) return { log.revision, log.head, log.headMark, log.header, log.trimmedTo } end

-- Whether a position lies in the log: a sequence number, or a text that is none, with a commit id.
local function contains(log, position, commitId)
  local sequence = tonumber(position)
  if sequence == log.head then return commitId == log.headMark end
  if sequence == log.floor then return commitId == log.floorMark end
  if not sequence or sequence < log.floor or sequence > log.head or sequence % 1 ~= 0 then return false end
  local event = eventAt(sequence)
  return event ~= nil and event.mark == commitId
end

-- The state of the log, and whether a position lies in it: 1 or 0.
local function located(log, position, commitId)
  local answer = state(log)
  answer[6] = contains(log, position, commitId) and 1 or 0
  return answer
end
`;

// What the scripts reply.
const state = [Type.String(), Type.Number(), Type.String(), Type.String(), Type.Number()] as const;
export const readLoaded = rowReader(Type.Union([Type.Null(), Type.Tuple([...state, Type.Array(Type.String())])]));
export const readCommitted = rowReader(Type.Union([Type.Null(), Type.Tuple([Type.Number(), Type.String()])]));
const loggedEvent = Type.Tuple([Type.Number(), Type.String(), Type.String(), Type.String(), Type.String()]);
const rest = Type.Union([Type.Null(), Type.Number()]);
export const readLocated = rowReader(Type.Union([Type.Null(), Type.Tuple([...state, Type.Number()])]));
export const readPage = rowReader(
  Type.Union([Type.Null(), Type.Tuple([...state, Type.Number(), Type.Array(loggedEvent), rest])]),
);
export const readUnlogged = rowReader(Type.Union([Type.Null(), Type.Array(Type.Number())]));
export const readLease = rowReader(
  Type.Tuple([Type.Number(), Type.Number(), Type.Union([Type.Null(), Type.String()])]),
);
export const readTrimmed = rowReader(Type.Number());

/** The state of a log: what the replies of `load`, `read` and `locate` begin with. */
export function stateOf([commitId, sequence, headCommitId, header, trimmedToMs]: readonly [
  string,
  number,
  string,
  string,
  number,
  ...unknown[],
]): LogState {
  return { commitId, head: { sequence, commitId: headCommitId }, header, trimmedToMs };
}

/** The pairs of a flat list: name, value, name, value. */
export function* pairs(flat: readonly string[]): Generator<[string, string]> {
  for (let index = 0; index + 1 < flat.length; index += 2) yield [flat[index] ?? '', flat[index + 1] ?? ''];
}
