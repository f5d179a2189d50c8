import Type, { type Static, type TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { Remembered } from './event-store.js';

const SnapshotHeader = Type.Object({
  /** The log has everything that happened from here on: the engine's first poll, or as far as it has read back. */
  coverageMs: Type.Number(),
  /** Whatever happened before this has been seen: the next poll asks for what is later. By PagerDuty's clock. */
  horizonMs: Type.Number(),
  /** What the last poll read. */
  source: Type.Union([Type.Literal('timeline'), Type.Literal('lists')]),
  /** PagerDuty's clock less the service's, at the last poll. */
  serverAheadMs: Type.Optional(Type.Number()),
});

const KnownHappening = Type.Object({
  atMs: Type.Number(),
  alias: Type.String(),
  /** Seen by a silent first poll, and told to nobody: only a poll that reads back tells it. */
  untold: Type.Optional(Type.Boolean()),
});

export type SnapshotHeader = Static<typeof SnapshotHeader>;
export type KnownHappening = Static<typeof KnownHappening>;

/** What the engine knows of an account from its polls so far. */
export interface Snapshot {
  readonly header: SnapshotHeader;
  /** Everything that has been seen of the time since the horizon, by its key. */
  readonly known: ReadonlyMap<string, KnownHappening>;
}

/** Reads a snapshot's header. @throws {TypeError} where it was not written by this engine */
export const readHeader = jsonReader(SnapshotHeader);
const readKnown = jsonReader(KnownHappening);

/** Reads a snapshot as the store keeps it. @throws {TypeError} where it was not written by this engine */
export function readSnapshot({ header, records }: Pick<Remembered, 'header' | 'records'>): Snapshot {
  return {
    header: readHeader(header),
    known: new Map([...records].map(([key, value]) => [key, readKnown(value)])),
  };
}

function jsonReader<S extends TSchema>(schema: S): (text: string) => Static<S> {
  const validator = Compile(schema);
  return (text) => {
    const value: unknown = JSON.parse(text);
    if (validator.Check(value)) return value;
    throw new TypeError('The event store holds a snapshot that is not readable.');
  };
}
