import type { LoggedEvent, ObservedEvent, Source } from './events.js';
import type { KnownEvent, Snapshot } from './snapshot.js';

/** What one poll saw of an account. */
export interface Observation {
  readonly source: Source;
  /** Everything of interest that PagerDuty says has happened since the watermark, in the order to tell it. */
  readonly events: readonly ObservedEvent[];
  /** Notes that hosts wait for and that have not been told: news whatever their age. */
  readonly notes: readonly ObservedEvent[];
  /** Where the poll has read further back, for hosts that came with older positions than the log has: to when. */
  readonly backfillToMs?: number | undefined;
  /** PagerDuty's own time before the first answer of the poll was made. */
  readonly serverTimeMs: number;
  /** That time less the service's own. */
  readonly serverAheadMs?: number;
}

/** What an observation means: the events that are news, and the snapshot to compare the next one with. */
export interface Diff {
  readonly events: readonly LoggedEvent[];
  readonly snapshot: Snapshot;
}

/**
 * How long PagerDuty may take to show something after it happened. Every poll asks again for this much of the past,
 * and the keys known of that time are what keeps it from telling anything twice.
 */
export const allowedLatenessMs = 120_000;

/**
 * Compares what is known with what was seen. Pure: the same snapshot and observation always give the same events.
 *
 * News is what happened since the log's coverage began and is not known by its key. A event from before the
 * watermark is news only where the poll has read back to before the coverage. A first poll that does not is silent. Where
 * the source has changed since the last poll, keys cannot be compared, so that one time what is known by its matchKey, a
 * second more or less, is left out.
 */
export function diff(before: Snapshot | undefined, seen: Observation): Diff {
  const knownSinceMs = before?.header.logStartMs ?? seen.serverTimeMs;
  const backfillToMs = seen.backfillToMs ?? knownSinceMs;
  const header = {
    logStartMs: Math.min(knownSinceMs, backfillToMs),
    watermarkMs: Math.max(before?.header.watermarkMs ?? 0, seen.serverTimeMs - allowedLatenessMs),
    source: seen.source,
    ...(seen.serverAheadMs === undefined ? {} : { serverAheadMs: seen.serverAheadMs }),
  };
  const readsBack = backfillToMs < knownSinceMs;
  const isFirst = before === undefined && !readsBack;
  // A poll that reads back tells everything again from there; the store knows what the log already has.
  const fromMs = readsBack ? backfillToMs : (before?.header.watermarkMs ?? Number.POSITIVE_INFINITY);
  const settled = new Map([...(before?.known ?? [])].filter(([, { isBaseline }]) => !(readsBack && isBaseline)));
  const told = before !== undefined && before.header.source !== seen.source ? matchKeysOf(settled) : undefined;
  const known = new Map([...(before?.known ?? [])].filter(([, { atMs }]) => atMs >= header.watermarkMs));
  const seenKeys = new Set<string>();
  const events: LoggedEvent[] = [];
  for (const event of seen.events) {
    const { key, matchKey, atMs } = event;
    // Each key once: an incident with several alerts has several entries that tell of its creation.
    if (seenKeys.has(key)) continue;
    seenKeys.add(key);
    const isTold = settled.has(key) || told?.has(matchKey) === true;
    if (!isTold && atMs >= fromMs && atMs >= header.logStartMs) events.push(eventOf(event));
    if (atMs >= header.watermarkMs && !known.has(key)) known.set(key, { atMs, matchKey, isBaseline: isFirst });
  }
  for (const note of seen.notes) events.push(eventOf(note));
  // Stable: what happened in the same second stays in the order in which it was read.
  events.sort((a, b) => a.occurredAtMs - b.occurredAtMs);
  return { events, snapshot: { header, known } };
}

function matchKeysOf(known: ReadonlyMap<string, KnownEvent>): ReadonlySet<string> {
  const matchKeys = new Set<string>();
  for (const { matchKey } of known.values()) {
    const [, stem = '', second = ''] = /^(.*) (\d+)$/.exec(matchKey) ?? [];
    for (const shift of [-1, 0, 1]) matchKeys.add(`${stem} ${Number(second) + shift}`);
  }
  return matchKeys;
}

function eventOf({ key, kind, subject, atMs, payload }: ObservedEvent): LoggedEvent {
  return { key, kind, subject, occurredAtMs: atMs, payload: JSON.stringify(payload) };
}
