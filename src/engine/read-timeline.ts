import type { Clock } from '../clock/clock.js';
import type { Connection } from '../connection/connection.js';
import { collectPages } from '../pagerduty/listing.js';
import type { Incident, LogEntry } from '../pagerduty/models.js';
import type { EventKind } from './engine-event.js';
import { aliasOf, type Happening, timeOf, timestamp } from './happening.js';

/** What was read of the timeline. */
export interface Timeline {
  readonly entries: readonly LogEntry[];
  /** PagerDuty's own time before its first answer was made. */
  readonly serverTimeMs: number;
}

/** A second cannot be split: PagerDuty dates to whole seconds. */
const shortestSpanMs = 2_000;

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
    if (complete || endMs - fromMs < shortestSpanMs) return;
    const middleMs = Math.floor((fromMs + endMs) / 2_000) * 1_000;
    await read(fromMs, middleMs);
    await read(middleMs, untilMs);
  };

  await read(sinceMs, undefined);
  return { entries: [...byId.values()], serverTimeMs: serverTimeMs ?? clock.now() };
}

/** The entries that tell something of interest; all others, unknown ones too, are passed over. */
const kinds: ReadonlyMap<string, EventKind> = new Map([
  ['trigger_log_entry', 'created'],
  ['acknowledge_log_entry', 'acknowledged'],
  ['resolve_log_entry', 'resolved'],
  ['assign_log_entry', 'assigned'],
  // An escalation names whom it assigns, and writes no assign entry beside it.
  ['escalate_log_entry', 'assigned'],
  ['delegate_log_entry', 'assigned'],
]);

/** Whether an entry tells something of interest of an incident. */
export function isOfInterest(entry: LogEntry): boolean {
  return kinds.has(entry.type) && entry.incident !== null && entry.incident !== undefined;
}

/**
 * What log entries tell, in order of time; entries of the same second in the reverse of PagerDuty's order, which is
 * newest first. Each entry is a happening of its own, so A→B→A is three assignments even within a second, and whatever
 * order entries appear in, the same happenings come out.
 * @param incidents each entry's incident, by id
 */
export function timelineHappenings(
  entries: readonly LogEntry[],
  incidents: ReadonlyMap<string, Incident>,
): readonly Happening[] {
  const happenings: Happening[] = [];
  for (const entry of [...entries].reverse()) {
    const kind = kinds.get(entry.type);
    const incident = incidents.get(entry.incident?.id ?? '');
    if (kind === undefined || incident === undefined) continue;
    const entryAtMs = timeOf(entry.created_at);
    if (entryAtMs === undefined) continue;
    const tell = (key: string, subject: string, atMs: number) => {
      const named = { kind, incidentId: incident.id, subject };
      happenings.push({ ...named, key, alias: aliasOf(named, atMs), atMs, payload: incident });
    };
    if (kind === 'assigned') {
      for (const { id } of entry.assignees ?? []) tell(`${kind} ${entry.id} ${id}`, id, entryAtMs);
    } else if (kind === 'created') {
      // Each further alert writes a trigger entry too; an incident is created once, when it says.
      tell(`${kind} ${incident.id}`, incident.id, timeOf(incident.created_at) ?? entryAtMs);
    } else {
      tell(`${kind} ${entry.id}`, incident.id, entryAtMs);
    }
  }
  return happenings.sort((a, b) => a.atMs - b.atMs);
}
