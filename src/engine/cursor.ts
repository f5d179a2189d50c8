import type { LogPosition } from './engine-event.js';

/** Where a host stands. It travels through the host as an opaque text, its `triggerState`. */
export interface Cursor {
  /** Fingerprint of the connection whose log this is a position of. */
  readonly connection: string;
  readonly position: LogPosition;
  /** The host registered at about this time, by PagerDuty's clock; what happened before is not for it. */
  readonly sinceMs: number;
}

const version = 1;
/** A prefix is enough to tell connections apart, and keeps the URL short. */
const prefixLength = 12;

/** Writes a cursor as text that needs no escaping in a URL. */
export function encodeCursor({ connection, position, sinceMs }: Cursor): string {
  const parts = [version, connection.slice(0, prefixLength), position.sequence, position.mark, sinceMs];
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** Reads a cursor; undefined for a text that is not one, or not one of this connection. */
export function decodeCursor(text: string, connection: string): Cursor | undefined {
  if (text.length > 500 || !/^[\w-]+$/.test(text)) return undefined;
  const parts = parseJson(Buffer.from(text, 'base64url').toString('utf8'));
  if (!Array.isArray(parts) || parts.length !== 5) return undefined;
  const [writtenBy, prefix, sequence, mark, sinceMs]: readonly unknown[] = parts;
  if (writtenBy !== version || prefix !== connection.slice(0, prefixLength)) return undefined;
  if (!isCount(sequence) || !isCount(sinceMs) || typeof mark !== 'string') return undefined;
  return { connection, position: { sequence, mark }, sinceMs };
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
