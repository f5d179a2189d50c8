import type { LoggedEvent, ObservedEvent, Source } from './events.js';
import { allowedLatenessMs } from './evidence.js';
import { isListKey } from './read-lists.js';
import { frontierMs, type KnownEvent, type Snapshot, type SnapshotHeader } from './snapshot.js';

/** What a reading is compared with. */
export interface Known {
  readonly snapshot: Snapshot;
  /** The log leaves out what happened before this: its start, or the time that it is being read back to. */
  readonly fromMs: number;
  readonly source: Source;
}

/**
 * The observed events that may be news: they belong into the log, and are not among those that every poll sees again.
 * Whether the log has them already, the store says.
 */
export function candidates(known: Known, observed: readonly ObservedEvent[]): readonly ObservedEvent[] {
  const { snapshot, fromMs, source } = known;
  const looksTold = twinsOf(snapshot.known, source);
  return [...firstOfEachKey(observed)].filter(
    (event) => event.atMs >= fromMs && !snapshot.known.has(event.key) && !looksTold(event),
  );
}

/** All keys that an event may have in the log. */
export function keysOf({ key, otherKeys = [] }: ObservedEvent): readonly string[] {
  return [key, ...otherKeys];
}

/**
 * The candidates that the log does not have, under whatever key. What the other source logged counts for one event only,
 * so that two of the same second do not both pass for it.
 * @param unlogged those of the candidates' keys that the log does not have
 */
export function newsOf(candidates: readonly ObservedEvent[], unlogged: ReadonlySet<string>): readonly ObservedEvent[] {
  const used = new Set<string>();
  return candidates.filter(({ key, otherKeys = [] }) => {
    if (!unlogged.has(key)) return false;
    const other = otherKeys.find((name) => name !== key && !unlogged.has(name) && !used.has(name));
    if (other !== undefined) used.add(other);
    return other === undefined;
  });
}

/**
 * What is known after a reading, so that the next poll does not ask the log about each event that it sees again. Known is
 * what the log has: of two events that look the same, the lists may show the one that it does not have.
 * @param header what the log's header becomes
 */
export function knownAfter(
  before: Snapshot['known'],
  { observed, source, header }: { observed: readonly ObservedEvent[]; source: Source; header: SnapshotHeader },
): Snapshot['known'] {
  const recentMs = Math.max(header.logStartMs, Math.min(header.newestMs - allowedLatenessMs, frontierMs(header)));
  const known = new Map<string, KnownEvent>();
  for (const [key, event] of before) if (event.atMs >= recentMs) known.set(key, event);
  const looksTold = twinsOf(before, source);
  for (const event of observed) {
    const { key, matchKey, atMs } = event;
    if (!known.has(key) && atMs >= recentMs && !looksTold(event)) known.set(key, { atMs, matchKey });
  }
  return known;
}

/** An event as the log takes it. */
export function loggedEvent({ key, kind, subject, atMs, payload }: ObservedEvent): LoggedEvent {
  return { key, kind, subject, occurredAtMs: atMs, payload: JSON.stringify(payload) };
}

/**
 * Tells what the lists show and the timeline seems to have told: an entry's id, by which the timeline names an event, does
 * not show in the lists. Their times may differ by a second.
 */
function twinsOf(known: Snapshot['known'], source: Source): (event: ObservedEvent) => boolean {
  if (source !== 'lists') return () => false;
  const matchKeys = new Set<string>();
  for (const [key, { matchKey }] of known) {
    if (isListKey(key)) continue;
    const [, stem = '', second = ''] = /^(.*) (\d+)$/.exec(matchKey) ?? [];
    for (const shift of [-1, 0, 1]) matchKeys.add(`${stem} ${Number(second) + shift}`);
  }
  return ({ key, matchKey }) => !known.has(key) && matchKeys.has(matchKey);
}

/** Each key once: an incident with several alerts has several entries that tell of its creation. */
export function* firstOfEachKey(events: readonly ObservedEvent[]): Generator<ObservedEvent> {
  const seen = new Set<string>();
  for (const event of events) {
    if (seen.has(event.key)) continue;
    seen.add(event.key);
    yield event;
  }
}
