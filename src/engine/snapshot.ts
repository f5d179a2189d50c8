import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import type { Remembered } from './event-store.js';

/** What the engine knows of an account from its polls so far. */
export interface Snapshot {
  readonly header: SnapshotHeader;
  /** Creation time, in milliseconds, of every incident created since the horizon, by id. */
  readonly known: ReadonlyMap<string, number>;
}

const SnapshotHeader = Type.Object({
  /** Incidents created before this, by PagerDuty's clock, were there before the engine was. */
  baselineMs: Type.Number(),
  /** Incidents created before this have all been seen: the next poll asks only for later ones. */
  horizonMs: Type.Number(),
});

export type SnapshotHeader = Static<typeof SnapshotHeader>;

const validator = Compile(SnapshotHeader);

/** Reads a snapshot as the store keeps it. @throws {TypeError} where it was not written by this engine */
export function readSnapshot({ header, records }: Pick<Remembered, 'header' | 'records'>): Snapshot {
  const parsed: unknown = JSON.parse(header);
  if (!validator.Check(parsed)) throw new TypeError('The event store holds a snapshot header that is not readable.');
  return { header: parsed, known: new Map([...records].map(([id, value]) => [id, Number(value)])) };
}
