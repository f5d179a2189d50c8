import { createHash } from 'node:crypto';

/** An event that a host is not to get, or not again, if it meets it in a log behind its position. */
export interface Given {
  readonly hash: string;
  /** When it happened, by PagerDuty's clock: to the second, rounded up. */
  readonly atMs: number;
  /** True if the log it stands in did not have it: there it is still to come. */
  readonly isAhead: boolean;
}

/** So many events a cursor remembers: its text must fit into a URL. */
export const maxGiven = 100;
const hashLength = 6;
const timeLength = 3;
/** How long the text of so many is. */
export const maxGivenText = maxGiven * (hashLength + timeLength);
const aheadBit = 64 ** timeLength / 2;
const maxSeconds = aheadBit - 1;

/** An event's key in 36 bits: of a hundred, none is taken for another in billions of tries. */
export function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('base64url').slice(0, hashLength);
}

/** @param occurredAtMs when the event happened */
export function givenOf(key: string, occurredAtMs: number, isAhead = false): Given {
  return { hash: hashOf(key), atMs: Math.ceil(occurredAtMs / 1000) * 1000, isAhead };
}

/**
 * What is still to be remembered: what happened before the time to which a log is whole does not come again. If that is
 * too much, the oldest is forgotten, and what is still to come last of all.
 */
export function remembered(given: readonly Given[], wholeToMs: number, frontierMs = wholeToMs): readonly Given[] {
  const kept = given.filter(({ atMs, isAhead }) => atMs >= (isAhead ? wholeToMs : frontierMs));
  if (kept.length <= maxGiven) return kept;
  return kept.sort((a, b) => Number(b.isAhead) - Number(a.isAhead) || b.atMs - a.atMs).slice(0, maxGiven);
}

/** Writes them as text that needs no escaping in a URL: each as its hash, and its time since the base. */
export function encodeGiven(given: readonly Given[]): { readonly baseMs: number; readonly text: string } {
  if (given.length === 0) return { baseMs: 0, text: '' };
  const baseMs = Math.min(...given.map(({ atMs }) => atMs));
  const text = given.map(({ hash, atMs, isAhead }) => {
    const bits = Math.min(maxSeconds, (atMs - baseMs) / 1000) + (isAhead ? aheadBit : 0);
    const bytes = Buffer.from([bits >> 16, bits >> 8, bits]);
    return hash + bytes.toString('base64url').slice(-timeLength);
  });
  return { baseMs, text: text.join('') };
}

/** Reads what `encodeGiven` wrote. */
export function decodeGiven(text: string, baseMs: number): readonly Given[] {
  return (text.match(/.{9}/g) ?? []).map((one) => {
    const bits = Buffer.from(`A${one.slice(hashLength)}`, 'base64url').readUIntBE(0, 3);
    const isAhead = bits >= aheadBit;
    return { hash: one.slice(0, hashLength), atMs: baseMs + (bits % aheadBit) * 1000, isAhead };
  });
}
