import type { Connection } from '../connection/connection.js';
import { candidates, keysOf, knownAfter, loggedEvent, newsOf } from './diff.js';
import type { ObservedEvent, Source } from './events.js';
import type { PollContext } from './poll-context.js';
import { accountHashOf, type SnapshotHeader } from './snapshot.js';

/** Somebody else has written to the log: what is left of the poll is theirs. */
export class OvertakenError extends Error {}

/** How a part of the past was read. */
export interface Reading {
  readonly source: Source;
  /** True if it lies behind the frontier: PagerDuty has listed late what is news in it. */
  readonly isLate?: boolean;
  /** What happened before this does not go into the log. @default the log's start */
  readonly fromMs?: number;
  /** What the header becomes, once the events are in the log. */
  readonly advance: (header: SnapshotHeader, heldAtMs: number | undefined) => SnapshotHeader;
}

/**
 * Takes what was read of an account into its log: what the log does not have yet, with its incidents, and the header
 * that says how far it reaches now, in one commit.
 * @returns when the earliest of the events happened that wait for their incident; undefined if none does
 * @throws {OvertakenError}
 */
export async function takeIn(
  context: PollContext,
  connection: Connection,
  observed: readonly ObservedEvent[],
  { source, isLate = false, fromMs = context.log.startMs, advance }: Reading,
): Promise<number | undefined> {
  const { findings, log, missing } = context;
  const snapshot = log.snapshot ?? { header: context.header, known: new Map() };
  const possible = candidates({ snapshot, fromMs, source }, observed);
  const news = newsOf(possible, await log.unlogged(possible.flatMap(keysOf)));
  const completed = await missing.complete(connection, news);
  const events = completed.events.filter(({ atMs }) => atMs >= fromMs).sort((a, b) => a.atMs - b.atMs);
  const held = [...completed.held];
  const heldAtMs = held.length === 0 ? undefined : Math.min(...held.map(({ atMs }) => atMs));
  const header: SnapshotHeader = {
    ...advance(snapshot.header, heldAtMs),
    newestMs: Math.max(snapshot.header.newestMs, context.newestMs()),
    accountHash: snapshot.header.accountHash ?? accountHashOf(observed.map(({ payload }) => payload)),
  };
  const seen = completed.held.size === 0 ? observed : observed.filter((event) => !completed.held.has(event));
  const known = knownAfter(snapshot.known, { observed: seen, source, header });
  if (!(await log.apply({ events: events.map(loggedEvent), snapshot: { header, known } }))) throw new OvertakenError();
  for (const { kind, key } of events) {
    findings.kinds.push(kind);
    if (isLate) findings.late.push(key);
  }
  return heldAtMs;
}
