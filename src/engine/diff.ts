import type { LoggedEvent, ObservedEvent, Source } from './events.js';
import type { PollResult } from './read-account.js';
import type { KnownEvent, Snapshot, SnapshotHeader } from './snapshot.js';

/** One poll, as far as `diff` goes by it. */
export interface DiffInput extends Pick<PollResult, 'source' | 'events' | 'serverTimeMs'> {
  /** Notes that were not delivered yet: they go into the log whatever their age. */
  readonly notes: readonly ObservedEvent[];
  /** Set if hosts came with older positions than the log has: the poll has read everything since then. */
  readonly backfillToMs?: number | undefined;
  /** PagerDuty's time less the service's own. */
  readonly serverAheadMs?: number | undefined;
}

/** What a poll means: the events for the log, and the snapshot to compare the next poll with. */
export interface Diff {
  readonly events: readonly LoggedEvent[];
  readonly snapshot: Snapshot;
}

/**
 * How long PagerDuty may take to show something after it happened. Every poll asks again for this much of the past,
 * and the keys known of that time are what keeps it from delivering anything twice.
 */
export const allowedLatenessMs = 120_000;

/** How a poll relates to what is known. */
export type DiffCase =
  /** The first poll of an account: it begins the log, and delivers nothing. */
  | { readonly name: 'baseline' }
  /** The usual one: what is later than the watermark, and not known by its key, is new. */
  | { readonly name: 'incremental'; readonly before: Snapshot }
  /** The other source names the same events by other keys: one time, what is known by its match key is not new. */
  | { readonly name: 'source-changed'; readonly before: Snapshot }
  /** The log is to begin earlier: everything since then is delivered again. The store leaves out what the log has. */
  | { readonly name: 'backfill'; readonly before: Snapshot | undefined; readonly toMs: number };

/** Which case a poll is. */
export function caseOf(
  before: Snapshot | undefined,
  { source, serverTimeMs, backfillToMs }: Pick<DiffInput, 'source' | 'serverTimeMs' | 'backfillToMs'>,
): DiffCase {
  const logStartMs = before?.header.logStartMs ?? serverTimeMs;
  if (backfillToMs !== undefined && backfillToMs < logStartMs) return { name: 'backfill', before, toMs: backfillToMs };
  if (before === undefined) return { name: 'baseline' };
  return { name: before.header.source === source ? 'incremental' : 'source-changed', before };
}

/** Compares what is known with what a poll has read. Pure: the same input always gives the same events. */
export function diff(before: Snapshot | undefined, input: DiffInput): Diff {
  const { source, serverTimeMs, serverAheadMs } = input;
  const diffCase = caseOf(before, input);
  const header: SnapshotHeader = {
    logStartMs: diffCase.name === 'backfill' ? diffCase.toMs : (before?.header.logStartMs ?? serverTimeMs),
    watermarkMs: Math.max(before?.header.watermarkMs ?? 0, serverTimeMs - allowedLatenessMs),
    source,
    serverAheadMs,
  };
  const isDelivered = deliveredIn(diffCase, source);
  const isBaseline = diffCase.name === 'baseline';
  const known = new Map([...(before?.known ?? [])].filter(([, { atMs }]) => atMs >= header.watermarkMs));
  const events: LoggedEvent[] = [];
  for (const event of firstOfEachKey(input.events)) {
    const { key, matchKey, atMs } = event;
    if (!isDelivered(event)) events.push(loggedEvent(event));
    if (atMs >= header.watermarkMs && !known.has(key)) known.set(key, { atMs, matchKey, isBaseline });
  }
  for (const note of input.notes) events.push(loggedEvent(note));
  // Stable: what happened in the same second stays in the order in which it was read.
  events.sort((a, b) => a.occurredAtMs - b.occurredAtMs);
  return { events, snapshot: { header, known } };
}

type IsDelivered = (event: ObservedEvent) => boolean;

/** Tells of an event whether hosts have it already, or are not to get it. */
function deliveredIn(diffCase: DiffCase, source: Source): IsDelivered {
  switch (diffCase.name) {
    case 'baseline':
      return () => true;
    case 'incremental':
      return deliveredBefore(diffCase.before);
    case 'source-changed': {
      const isDelivered = deliveredBefore(diffCase.before);
      const matchKeys = matchKeysOf(diffCase.before.known);
      return (event) => isDelivered(event) || matchKeys.has(event.matchKey);
    }
    case 'backfill': {
      const { before, toMs } = diffCase;
      const delivered = new Map([...(before?.known ?? [])].filter(([, { isBaseline }]) => !isBaseline));
      // The source may have changed as well.
      const matchKeys = before?.header.source === source ? new Set<string>() : matchKeysOf(delivered);
      return ({ key, matchKey, atMs }) => atMs < toMs || delivered.has(key) || matchKeys.has(matchKey);
    }
  }
}

function deliveredBefore({ header, known }: Snapshot): IsDelivered {
  const fromMs = Math.max(header.watermarkMs, header.logStartMs);
  return ({ key, atMs }) => atMs < fromMs || known.has(key);
}

/** The match keys of events, and those of the second before and after: the sources may differ by that much. */
function matchKeysOf(known: ReadonlyMap<string, KnownEvent>): ReadonlySet<string> {
  const matchKeys = new Set<string>();
  for (const { matchKey } of known.values()) {
    const [, stem = '', second = ''] = /^(.*) (\d+)$/.exec(matchKey) ?? [];
    for (const shift of [-1, 0, 1]) matchKeys.add(`${stem} ${Number(second) + shift}`);
  }
  return matchKeys;
}

/** Each key once: an incident with several alerts has several entries that tell of its creation. */
function* firstOfEachKey(events: readonly ObservedEvent[]): Generator<ObservedEvent> {
  const seen = new Set<string>();
  for (const event of events) {
    if (seen.has(event.key)) continue;
    seen.add(event.key);
    yield event;
  }
}

function loggedEvent({ key, kind, subject, atMs, payload }: ObservedEvent): LoggedEvent {
  return { key, kind, subject, occurredAtMs: atMs, payload: JSON.stringify(payload) };
}
