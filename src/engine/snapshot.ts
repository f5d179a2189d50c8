import { createHash } from 'node:crypto';
import Type, { type Static, type TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { StoredSnapshot } from './event-store.js';
import type { Source } from './events.js';

/** How far the log and the polls reach. All times are PagerDuty's: of its records, never of a clock. */
export interface SnapshotHeader {
  /** The log has everything from here up to the frontier. */
  readonly logStartMs: number;
  /** How far the timeline has been read; undefined if this key may not read it. */
  readonly timelineMs?: number | undefined;
  /** How far the incident lists have been read; undefined if they never had to be. */
  readonly listsMs?: number | undefined;
  /** What the last poll read. */
  readonly source: Source;
  /** The newest thing seen: a host that registers now begins here. */
  readonly newestMs: number;
  /** Tells accounts apart, whatever the key; undefined while nothing has shown it. */
  readonly accountHash?: string | undefined;
  /** Hosts need the log from `fromMs` on; it has been read back from there up to `readToMs`, and not yet to its start. */
  readonly backfill?: { readonly fromMs: number; readonly readToMs: number } | undefined;
  /** The status with which PagerDuty has refused the key; undefined once a poll has succeeded again. */
  readonly refusedWith?: number | undefined;
}

/** What the engine keeps of an event that it has seen. */
export interface KnownEvent {
  readonly atMs: number;
  readonly matchKey: string;
}

/** What the engine knows of an account from its polls so far. */
export interface Snapshot {
  readonly header: SnapshotHeader;
  /**
   * The latest events, which every poll sees again: each is in the log. Whether an older one is, the log itself tells.
   */
  readonly known: ReadonlyMap<string, KnownEvent>;
}

/** How far the log has everything: hosts go by this. */
export function frontierMs({ timelineMs, listsMs, logStartMs }: SnapshotHeader): number {
  // The lists do not show what came and went: as long as the timeline may be read again, it is what counts.
  return timelineMs ?? listsMs ?? logStartMs;
}

/**
 * Tells PagerDuty accounts apart, whatever key reads them: the hostname in the addresses of its incidents, hashed.
 * Undefined if none of the records shows one.
 */
export function accountHashOf(records: readonly object[]): string | undefined {
  for (const record of records) {
    const address = 'html_url' in record ? record.html_url : undefined;
    if (typeof address !== 'string' || !URL.canParse(address)) continue;
    return createHash('sha256').update(new URL(address).host).digest('base64url').slice(0, 6);
  }
  return undefined;
}

/** A header as stores keep it; the first names are those of stores that exist. */
const StoredHeader = Type.Object({
  coverageMs: Type.Number(),
  /** The frontier, for older processes that write to the same store during an update. */
  horizonMs: Type.Number(),
  source: Type.Union([Type.Literal('timeline'), Type.Literal('lists')]),
  timelineMs: Type.Optional(Type.Number()),
  listsMs: Type.Optional(Type.Number()),
  newestMs: Type.Optional(Type.Number()),
  account: Type.Optional(Type.String()),
  backfill: Type.Optional(Type.Object({ fromMs: Type.Number(), readToMs: Type.Number() })),
  refusedWith: Type.Optional(Type.Number()),
});
/** An event as stores keep it. */
const StoredEvent = Type.Object({
  atMs: Type.Number(),
  alias: Type.String(),
  untold: Type.Optional(Type.Boolean()),
});
const readStoredHeader = jsonReader(StoredHeader);
const readStoredEvent = jsonReader(StoredEvent);

/** Reads a snapshot's header. @throws {TypeError} if it was not written by this engine */
export function readHeader(text: string): SnapshotHeader {
  const { coverageMs, horizonMs, account, newestMs, ...others } = readStoredHeader(text);
  const { source, timelineMs, listsMs, backfill, refusedWith } = others;
  // A header of an older version has one frontier, of the source that it read last.
  const isOld = timelineMs === undefined && listsMs === undefined;
  return {
    logStartMs: coverageMs,
    timelineMs: isOld && source === 'timeline' ? horizonMs : timelineMs,
    listsMs: isOld && source === 'lists' ? horizonMs : listsMs,
    source,
    newestMs: newestMs ?? horizonMs,
    accountHash: account,
    backfill,
    refusedWith,
  };
}

/** Writes a header as stores keep it. */
export function writeHeader(header: SnapshotHeader): string {
  const { logStartMs, accountHash, ...others } = header;
  // JSON leaves out what is undefined.
  return JSON.stringify({ coverageMs: logStartMs, horizonMs: frontierMs(header), account: accountHash, ...others });
}

/** Writes an event as stores keep it. */
export function writeKnownEvent({ atMs, matchKey }: KnownEvent): string {
  const stored: Static<typeof StoredEvent> = { atMs, alias: matchKey };
  return JSON.stringify(stored);
}

/** Reads a snapshot as stores keep it. @throws {TypeError} if it was not written by this engine */
export function readSnapshot({ header, records }: Pick<StoredSnapshot, 'header' | 'records'>): Snapshot {
  const known = [...records].flatMap(([key, text]): [string, KnownEvent][] => {
    const { atMs, alias, untold } = readStoredEvent(text);
    // What an older version knew, and had not put into its log, is not known.
    return untold === true ? [] : [[key, { atMs, matchKey: alias }]];
  });
  return { header: readHeader(header), known: new Map(known) };
}

function jsonReader<S extends TSchema>(schema: S): (text: string) => Static<S> {
  const validator = Compile(schema);
  return (text) => {
    const value: unknown = JSON.parse(text);
    if (validator.Check(value)) return value;
    throw new TypeError('The event store holds a snapshot that is not readable.');
  };
}
