import { keysOf } from './diff.js';
import { type EventFilter, type ObservedEvent, startOfSecond } from './events.js';
import { maxGiven } from './given.js';
import type { Snapshot } from './snapshot.js';

/** What PagerDuty shows at a registration. */
export interface Shown {
  readonly key: string;
  readonly atMs: number;
  /** Then it lies before the host's position. */
  readonly isLogged: boolean;
}

/**
 * What the host is not to get, although it may come into this log, or is of the second of its frontier, and would come in
 * another log. If that is more than a state can say, the host begins in the second of the latest that it does not say:
 * what comes next may be dated to the same one. What is older than the newest is not owed to it: its frontier is there.
 */
export function behindShown(
  { earliestMs, newestMs }: { readonly earliestMs: number; readonly newestMs: number },
  shown: readonly Shown[],
): { readonly sinceMs: number; readonly frontierMs: number; readonly given: readonly Shown[] } {
  const newestSecondMs = startOfSecond(newestMs);
  const sorted = shown
    .filter(({ atMs, isLogged }) => atMs >= (isLogged ? newestSecondMs : earliestMs))
    .sort((a, b) => b.atMs - a.atMs);
  const beyondMs = sorted[maxGiven]?.atMs;
  const sinceMs = beyondMs ?? earliestMs;
  // What is all of one second cannot be told apart from what comes next: the state's room is for what comes.
  const isOneSecond = beyondMs !== undefined && sorted[0]?.atMs === beyondMs;
  const given = isOneSecond ? [] : sorted.slice(0, maxGiven);
  return { sinceMs, frontierMs: Math.max(sinceMs, newestSecondMs), given };
}

/**
 * The events that PagerDuty shows, by each of their keys.
 * @param from.known what polls see again: the log has it
 * @param from.events what was read for the host
 * @param from.unlogged those of their keys that the log does not have
 */
export function shownOf(
  { kind, subject }: EventFilter,
  from: {
    readonly known: Snapshot['known'];
    readonly events: readonly ObservedEvent[];
    readonly unlogged: ReadonlySet<string>;
  },
): readonly Shown[] {
  const shown = new Map<string, Shown>();
  for (const [key, { atMs, matchKey }] of from.known) {
    // What happened to others takes no room in the host's state.
    const isOther = subject !== undefined && !matchKey.includes(` ${subject} `);
    if (key.startsWith(`${kind} `) && !isOther) shown.set(key, { key, atMs, isLogged: true });
  }
  for (const event of from.events) {
    if (event.kind !== kind || (subject !== undefined && event.subject !== subject)) continue;
    const isLogged = keysOf(event).some((key) => !from.unlogged.has(key));
    for (const key of keysOf(event)) shown.set(key, { key, atMs: event.atMs, isLogged });
  }
  return [...shown.values()];
}
