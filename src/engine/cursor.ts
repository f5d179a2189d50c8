import { parseJson } from '../pagerduty/json.js';
import type { LogPosition } from './event-store.js';
import { decodeGiven, encodeGiven, type Given, maxGivenText } from './given.js';

/** Where a host stands. It travels through the host as an opaque text, its `triggerState`. */
export interface Cursor {
  /** A prefix of the id of the connection in whose log the position lies: enough to tell connections apart. */
  readonly connectionPrefix: string;
  /** Of which account the connection is; undefined if that did not show. */
  readonly accountHash: string | undefined;
  readonly position: LogPosition;
  /** What happened before this, by PagerDuty's clock, is not for the host: it was not registered yet, or has it. */
  readonly sinceMs: number;
  /** The host's frontier: it has everything that happened before this. From here it goes on if the log is lost. */
  readonly frontierMs: number;
  /** When the state was given, by the service's clock: how old it is, and nothing else, is told by this. */
  readonly issuedMs: number;
  /** What the host has, or is not to have, of the time since the log's frontier. If that log is lost, too, it does not come. */
  readonly given: readonly Given[];
}

const prefixLength = 12;
const version = 2;
/** The latest time that a `Date` can have. */
const maxTimeMs = 8.64e15;

/** What a cursor says of the connection whose log it is about. */
export function connectionPrefixOf(connectionId: string): string {
  return connectionId.slice(0, prefixLength);
}

/** Writes a cursor as text that needs no escaping in a URL. */
export function encodeCursor(cursor: Cursor): string {
  const { connectionPrefix: prefix, accountHash = '', position, sinceMs, frontierMs, issuedMs } = cursor;
  const { sequence, commitId } = position;
  const given = encodeGiven(cursor.given);
  const parts = [version, prefix, sequence, commitId, sinceMs, frontierMs, issuedMs, accountHash, given.baseMs];
  const text = Buffer.from(JSON.stringify(parts)).toString('base64url');
  return given.text === '' ? text : `${text}.${given.text}`;
}

/** Reads a cursor, of whatever connection; undefined for a text that is not one. */
export function decodeCursor(text: string): Cursor | undefined {
  if (text.length > 500 + maxGivenText || !/^[\w-]+(\.[\w-]*)?$/.test(text)) return undefined;
  const [head = '', given = ''] = text.split('.');
  const parts = parseJson(Buffer.from(head, 'base64url').toString('utf8'));
  if (!Array.isArray(parts) || parts.length !== (parts[0] === 1 ? 6 : 9)) return undefined;
  const [writtenBy, connectionPrefix, sequence, commitId, sinceMs, frontierMs, ...rest]: readonly unknown[] = parts;
  // Version 1 had no more than these, and its frontier moved with the clock.
  const [issuedMs = frontierMs, accountHash = '', baseMs = 0] = writtenBy === version ? rest : [];
  if (writtenBy !== 1 && writtenBy !== version) return undefined;
  if (!isCount(sequence) || !isCount(sinceMs) || !isCount(frontierMs) || !isCount(issuedMs) || !isCount(baseMs))
    return undefined;
  if (typeof commitId !== 'string' || typeof connectionPrefix !== 'string' || typeof accountHash !== 'string')
    return undefined;
  return {
    connectionPrefix,
    accountHash: accountHash === '' ? undefined : accountHash,
    position: { sequence, commitId },
    sinceMs,
    frontierMs,
    issuedMs,
    given: decodeGiven(given, baseMs),
  };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= maxTimeMs;
}
