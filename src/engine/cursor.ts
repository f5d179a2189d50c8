import type { LogPosition } from './engine-event.js';

/** Where a host stands. It travels through the host as an opaque text, its `triggerState`. */
export interface Cursor {
  /** Fingerprint of the connection whose log this is a position of. */
  readonly connection: string;
  readonly position: LogPosition;
  /** What happened before this, by PagerDuty's clock, is not for the host: it was not registered yet, or has it. */
  readonly sinceMs: number;
  /** The host has everything that happened before this. From here it goes on if the log is lost. */
  readonly horizonMs: number;
}

const version = 1;
/** A prefix is enough to tell connections apart, and keeps the URL short. */
const prefixLength = 12;

/** Writes a cursor as text that needs no escaping in a URL. */
export function encodeCursor({ connection, position, sinceMs, horizonMs }: Cursor): string {
  const parts = [version, connection.slice(0, prefixLength), position.sequence, position.mark, sinceMs, horizonMs];
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** Reads a cursor; undefined for a text that is not one, or not one of this connection. */
export function decodeCursor(text: string, connection: string): Cursor | undefined {
  if (text.length > 500 || !/^[\w-]+$/.test(text)) return undefined;
  const parts = parseJson(Buffer.from(text, 'base64url').toString('utf8'));
  if (!Array.isArray(parts) || parts.length !== 6) return undefined;
  const [writtenBy, prefix, sequence, mark, sinceMs, horizonMs]: readonly unknown[] = parts;
  if (writtenBy !== version || prefix !== connection.slice(0, prefixLength)) return undefined;
  if (!isCount(sequence) || !isCount(sinceMs) || !isCount(horizonMs) || typeof mark !== 'string') return undefined;
  return { connection, position: { sequence, mark }, sinceMs, horizonMs };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A text that is not JSON is not a cursor: the caller is told so by undefined.
    return undefined;
  }
}
