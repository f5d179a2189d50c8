import type { LogPosition } from './event-store.js';

/** Where a host stands. It travels through the host as an opaque text, its `triggerState`. */
export interface Cursor {
  /** The connection in whose log the position lies. */
  readonly connectionId: string;
  readonly position: LogPosition;
  /** What happened before this, by PagerDuty's clock, is not for the host: it was not registered yet, or has it. */
  readonly sinceMs: number;
  /** The host has everything that happened before this. From here it goes on if the log is lost. */
  readonly watermarkMs: number;
}

const version = 1;
/** A prefix is enough to tell connections apart, and keeps the URL short. */
const prefixLength = 12;

/** Writes a cursor as text that needs no escaping in a URL. */
export function encodeCursor({ connectionId, position, sinceMs, watermarkMs }: Cursor): string {
  const { sequence, commitId } = position;
  const parts = [version, connectionId.slice(0, prefixLength), sequence, commitId, sinceMs, watermarkMs];
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** Reads a cursor; undefined for a text that is not one, or not one of this connection. */
export function decodeCursor(text: string, connectionId: string): Cursor | undefined {
  if (text.length > 500 || !/^[\w-]+$/.test(text)) return undefined;
  const parts = parseJson(Buffer.from(text, 'base64url').toString('utf8'));
  if (!Array.isArray(parts) || parts.length !== 6) return undefined;
  const [writtenBy, prefix, sequence, commitId, sinceMs, watermarkMs]: readonly unknown[] = parts;
  if (writtenBy !== version || prefix !== connectionId.slice(0, prefixLength)) return undefined;
  if (!isCount(sequence) || !isCount(sinceMs) || !isCount(watermarkMs) || typeof commitId !== 'string')
    return undefined;
  return { connectionId, position: { sequence, commitId }, sinceMs, watermarkMs };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A text that is not JSON is not a cursor.
    return undefined;
  }
}
