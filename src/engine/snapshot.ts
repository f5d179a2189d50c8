import Type, { type Static, type TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { StoredSnapshot } from './event-store.js';
import type { Source } from './events.js';

/** How far the log and the polls reach. */
export interface SnapshotHeader {
  /** The log is complete from here on: from the engine's first poll, or as far as it has read back. */
  readonly logStartMs: number;
  /** Everything that happened before this has been seen: the next poll reads what is later. By PagerDuty's clock. */
  readonly watermarkMs: number;
  /** What the last poll read. */
  readonly source: Source;
  /** PagerDuty's clock less the service's, at the last poll. */
  readonly serverAheadMs?: number | undefined;
}

/** What the engine keeps of an event that it has seen. */
export interface KnownEvent {
  readonly atMs: number;
  readonly matchKey: string;
  /** True if the first poll saw it, and delivered it to nobody: only a poll that reads back does. */
  readonly isBaseline: boolean;
}

/** What the engine knows of an account from its polls so far. */
export interface Snapshot {
  readonly header: SnapshotHeader;
  /** Every event seen of the time since the watermark, by key. */
  readonly known: ReadonlyMap<string, KnownEvent>;
}

/** A header as stores keep it; the names are those of stores that exist. */
const StoredHeader = Type.Object({
  coverageMs: Type.Number(),
  horizonMs: Type.Number(),
  source: Type.Union([Type.Literal('timeline'), Type.Literal('lists')]),
  serverAheadMs: Type.Optional(Type.Number()),
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
  const { coverageMs, horizonMs, source, serverAheadMs } = readStoredHeader(text);
  return { logStartMs: coverageMs, watermarkMs: horizonMs, source, serverAheadMs };
}

/** Writes a header as stores keep it. */
export function writeHeader({ logStartMs, watermarkMs, source, serverAheadMs }: SnapshotHeader): string {
  const stored: Static<typeof StoredHeader> = {
    coverageMs: logStartMs,
    horizonMs: watermarkMs,
    source,
    ...(serverAheadMs === undefined ? {} : { serverAheadMs }),
  };
  return JSON.stringify(stored);
}

/** Writes an event as stores keep it. */
export function writeKnownEvent({ atMs, matchKey, isBaseline }: KnownEvent): string {
  const stored: Static<typeof StoredEvent> = { atMs, alias: matchKey, ...(isBaseline ? { untold: true } : {}) };
  return JSON.stringify(stored);
}

/** Reads a snapshot as stores keep it. @throws {TypeError} if it was not written by this engine */
export function readSnapshot({ header, records }: Pick<StoredSnapshot, 'header' | 'records'>): Snapshot {
  const known = [...records].map(([key, text]): [string, KnownEvent] => {
    const { atMs, alias, untold } = readStoredEvent(text);
    return [key, { atMs, matchKey: alias, isBaseline: untold === true }];
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
