import type { Clock } from '../clock/clock.js';
import type { Connection } from '../connection/connection.js';
import { collectPages } from '../pagerduty/listing.js';
import type { Incident, LogEntry } from '../pagerduty/models.js';
import type { EventKind } from './events.js';
import { matchKeyOf, type ObservedEvent, timeOf, timestamp } from './events.js';

/** What was read of the timeline. */
export interface Timeline {
  readonly entries: readonly LogEntry[];
  /** PagerDuty's own time before its first answer was made. */
  readonly serverTimeMs: number;
}

/** A second cannot be split: PagerDuty dates to whole seconds. */
const minSpanMs = 2_000;

/**
 * Reads all log entries since a time. One call, with an empty answer, while nothing happens. A span with more entries
 * than PagerDuty pages to is halved until each half can be read to its end.
 */
export async function readTimeline(connection: Connection, sinceMs: number, clock: Clock): Promise<Timeline> {
  let serverTimeMs: number | undefined;
  const byId = new Map<string, LogEntry>();

  const read = async (fromMs: number, untilMs: number | undefined): Promise<void> => {
    const since = timestamp(fromMs);
    const until = untilMs === undefined ? undefined : timestamp(untilMs);
    const { items, complete } = await collectPages({
      fetch: async (offset, limit) => {
        const answer = await connection.logEntries.list({ since, until, offset, limit });
        serverTimeMs ??= answer.serverTimeMs ?? clock.now();
        return answer.value;
      },
    });
    for (const entry of items) byId.set(entry.id, entry);
    const endMs = untilMs ?? serverTimeMs ?? clock.now();
    if (complete || endMs - fromMs < minSpanMs) return;
    const middleMs = Math.floor((fromMs + endMs) / 2_000) * 1_000;
    await read(fromMs, middleMs);
    await read(middleMs, untilMs);
  };

  await read(sinceMs, undefined);
  return { entries: [...byId.values()], serverTimeMs: serverTimeMs ?? clock.now() };
}

/** What entries mean to the engine. All other types, unknown ones too, are passed over. */
const kinds: ReadonlyMap<string, EventKind> = new Map([
  ['trigger_log_entry', 'created'],
  ['acknowledge_log_entry', 'acknowledged'],
  ['resolve_log_entry', 'resolved'],
  ['assign_log_entry', 'assigned'],
  // An escalation names whom it assigns, and writes no assign entry beside it.
  ['escalate_log_entry', 'assigned'],
  ['delegate_log_entry', 'assigned'],
]);

/** Whether an entry is an event of an incident. */
export function isOfInterest(entry: LogEntry): boolean {
  return kinds.has(entry.type) && entry.incident !== null && entry.incident !== undefined;
}

/**
 * The events of log entries, in order of time; those of the same second in the reverse of PagerDuty's order, which is
 * newest first. Each entry is an event of its own, so A→B→A is three assignments even within a second. The same entries
 * give the same events, in whatever order they come.
 * @param incidents each entry's incident, by id
 */
export function timelineEvents(
  entries: readonly LogEntry[],
  incidents: ReadonlyMap<string, Incident>,
): readonly ObservedEvent[] {
  const events: ObservedEvent[] = [];
  for (const entry of [...entries].reverse()) {
    const kind = kinds.get(entry.type);
    const incident = incidents.get(entry.incident?.id ?? '');
    if (kind === undefined || incident === undefined) continue;
    const entryAtMs = timeOf(entry.created_at);
    if (entryAtMs === undefined) continue;
    const add = (key: string, subject: string, atMs: number) => {
      const named = { kind, incidentId: incident.id, subject };
      events.push({ ...named, key, matchKey: matchKeyOf(named, atMs), atMs, payload: incident });
    };
    if (kind === 'assigned') {
      for (const { id } of entry.assignees ?? []) add(`${kind} ${entry.id} ${id}`, id, entryAtMs);
    } else if (kind === 'created') {
      // Each further alert writes a trigger entry too; an incident is created once, when it says.
      add(`${kind} ${incident.id}`, incident.id, timeOf(incident.created_at) ?? entryAtMs);
    } else {
      add(`${kind} ${entry.id}`, incident.id, entryAtMs);
    }
  }
  return events.sort((a, b) => a.atMs - b.atMs);
}
