import type { EngineEvent } from './engine-event.js';
import type { Happening, Source } from './happening.js';
import type { KnownHappening, Snapshot } from './snapshot.js';

/** What one poll saw of an account. */
export interface Observation {
  readonly source: Source;
  /** Everything of interest that PagerDuty says has happened since the horizon, in the order to tell it. */
  readonly happenings: readonly Happening[];
  /** Notes that hosts wait for and that have not been told: news whatever their age. */
  readonly notes: readonly Happening[];
  /** Where the poll has read further back, for hosts that came with older positions than the log has: to when. */
  readonly readBackToMs?: number | undefined;
  /** PagerDuty's own time before the first answer of the poll was made. */
  readonly serverTimeMs: number;
  /** That time less the service's own. */
  readonly serverAheadMs?: number;
}

/** What an observation means: the events that are news, and the snapshot to compare the next one with. */
export interface Difference {
  readonly events: readonly EngineEvent[];
  readonly snapshot: Snapshot;
}

/**
 * How long PagerDuty may take to show something after it happened. Every poll asks again for this much of the past,
 * and the keys known of that time are what keeps it from telling anything twice.
 */
export const latenessMs = 120_000;

/**
 * Compares what is known with what was seen. Pure: the same snapshot and observation always give the same events.
 *
 * News is what happened since the log's coverage began and is not known by its key. A happening from before the
 * horizon is news only where the poll has read back to before the coverage. A first poll that does not is silent. Where
 * the source has changed since the last poll, keys cannot be compared, so that one time what is known by its alias, a
 * second more or less, is left out.
 */
export function findNews(before: Snapshot | undefined, seen: Observation): Difference {
  const knownSinceMs = before?.header.coverageMs ?? seen.serverTimeMs;
  const readBackToMs = seen.readBackToMs ?? knownSinceMs;
  const header = {
    coverageMs: Math.min(knownSinceMs, readBackToMs),
    horizonMs: Math.max(before?.header.horizonMs ?? 0, seen.serverTimeMs - latenessMs),
    source: seen.source,
    ...(seen.serverAheadMs === undefined ? {} : { serverAheadMs: seen.serverAheadMs }),
  };
  const readsBack = readBackToMs < knownSinceMs;
  const isFirst = before === undefined && !readsBack;
  // A poll that reads back tells everything again from there; the store knows what the log already has.
  const fromMs = readsBack ? readBackToMs : (before?.header.horizonMs ?? Number.POSITIVE_INFINITY);
  const settled = new Map([...(before?.known ?? [])].filter(([, { untold }]) => !(readsBack && untold === true)));
  const told = before !== undefined && before.header.source !== seen.source ? aliasesOf(settled) : undefined;
  const known = new Map([...(before?.known ?? [])].filter(([, { atMs }]) => atMs >= header.horizonMs));
  const seenKeys = new Set<string>();
  const events: EngineEvent[] = [];
  for (const happening of seen.happenings) {
    const { key, alias, atMs } = happening;
    // Each key once: an incident with several alerts has several entries that tell of its creation.
    if (seenKeys.has(key)) continue;
    seenKeys.add(key);
    const isTold = settled.has(key) || told?.has(alias) === true;
    if (!isTold && atMs >= fromMs && atMs >= header.coverageMs) events.push(eventOf(happening));
    if (atMs >= header.horizonMs && !known.has(key))
      known.set(key, { atMs, alias, ...(isFirst ? { untold: true } : {}) });
  }
  for (const note of seen.notes) events.push(eventOf(note));
  // Stable: what happened in the same second stays in the order in which it was read.
  events.sort((a, b) => a.occurredAtMs - b.occurredAtMs);
  return { events, snapshot: { header, known } };
}

function aliasesOf(known: ReadonlyMap<string, KnownHappening>): ReadonlySet<string> {
  const aliases = new Set<string>();
  for (const { alias } of known.values()) {
    const [, stem = '', second = ''] = /^(.*) (\d+)$/.exec(alias) ?? [];
    for (const shift of [-1, 0, 1]) aliases.add(`${stem} ${Number(second) + shift}`);
  }
  return aliases;
}

function eventOf({ key, kind, subject, atMs, payload }: Happening): EngineEvent {
  return { key, kind, subject, occurredAtMs: atMs, payload: JSON.stringify(payload) };
}
