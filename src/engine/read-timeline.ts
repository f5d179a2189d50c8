import { isWhole, type LogEntry } from '../pagerduty/models.js';
import { type EventKind, matchKeyOf, type ObservedEvent, timeOf } from './events.js';
import type { TimedEntry } from './found-entries.js';
import { listKey } from './read-lists.js';

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

/**
 * The events of log entries, in order of time; those of the same second in the reverse of PagerDuty's order, which is
 * newest first. Each entry is an event of its own, so A→B→A is three assignments even within a second. The same entries
 * give the same events, in whatever order they come.
 * @param options.withListKeys whether the log may have events under the names that the incident lists give them
 */
export function timelineEvents(
  entries: readonly TimedEntry[],
  options: { readonly withListKeys: boolean },
): readonly ObservedEvent[] {
  return entries
    .toReversed()
    .flatMap((entry) => eventsOf(entry, options))
    .sort((a, b) => a.atMs - b.atMs);
}

function eventsOf({ entry, atMs }: TimedEntry, { withListKeys }: { withListKeys: boolean }): readonly ObservedEvent[] {
  const kind = kinds.get(entry.type);
  const { incident } = entry;
  if (kind === undefined || incident === null || incident === undefined) return [];
  const incidentId = incident.id;
  const event = (key: string, subject: string, by: string, at = atMs): ObservedEvent => {
    const named = { kind, incidentId, subject };
    const otherKeys = withListKeys ? [0, -1_000, 1_000].map((shift) => listKey(kind, incidentId, by, at + shift)) : [];
    return {
      ...named,
      key,
      otherKeys,
      matchKey: matchKeyOf(named, at),
      atMs: at,
      payload: incident,
      isReference: !isWhole(incident),
    };
  };
  switch (kind) {
    case 'assigned':
      return assigneesOf(entry).map((id) => event(`${kind} ${entry.id} ${id}`, id, id));
    case 'created':
      // Each further alert writes a trigger entry too; an incident is created once, when it says.
      return [event(`${kind} ${incidentId}`, incidentId, '', timeOf(createdAt(incident)) ?? atMs)];
    case 'acknowledged':
      return [event(`${kind} ${entry.id}`, incidentId, entry.agent?.id ?? '')];
    default:
      return [event(`${kind} ${entry.id}`, incidentId, '')];
  }
}

function createdAt(incident: object): unknown {
  return 'created_at' in incident ? incident.created_at : undefined;
}

/** An entry may name an assignee twice, or one that has been deleted. */
function assigneesOf({ assignees }: LogEntry): readonly string[] {
  return [...new Set((assignees ?? []).map(({ id }) => id))];
}
