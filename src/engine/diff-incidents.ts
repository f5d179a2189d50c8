import type { Incident } from '../pagerduty/incident.js';
import type { EngineEvent } from './engine-event.js';
import type { Snapshot } from './snapshot.js';

/** What one poll saw of an account. */
export interface Observation {
  /** Every incident that PagerDuty listed as created since the snapshot's horizon. */
  readonly incidents: readonly Incident[];
  /** False where PagerDuty has more of them than it lists: the next poll goes on where this one ended. */
  readonly complete: boolean;
  /** PagerDuty's own time before the list was made. */
  readonly serverTimeMs: number;
}

/** What an observation means: the events that are news, and the snapshot to compare the next one with. */
export interface Difference {
  readonly events: readonly EngineEvent[];
  readonly snapshot: Snapshot;
}

/**
 * How long PagerDuty may take to list an incident after its creation. Every poll asks again for this much of the
 * past, and the incidents known by id are what keeps it from telling them twice.
 */
export const latenessMs = 120_000;

/**
 * Compares what is known with what is listed. Pure: the same snapshot and observation always give the same events,
 * in order of their creation. An account seen for the first time gives none.
 */
export function diffIncidents(before: Snapshot | undefined, seen: Observation): Difference {
  const baselineMs = before?.header.baselineMs ?? seen.serverTimeMs;
  const horizonMs = horizonAfter(before, seen);
  const known = new Map<string, number>();
  for (const [id, createdAtMs] of before?.known ?? []) if (createdAtMs >= horizonMs) known.set(id, createdAtMs);
  const created: { readonly incident: Incident; readonly createdAtMs: number }[] = [];
  for (const incident of seen.incidents) {
    const createdAtMs = timeOf(incident, seen.serverTimeMs);
    const isNews = before !== undefined && !before.known.has(incident.id) && createdAtMs >= baselineMs;
    if (isNews) created.push({ incident, createdAtMs });
    if (createdAtMs >= horizonMs) known.set(incident.id, createdAtMs);
  }
  created.sort((a, b) => a.createdAtMs - b.createdAtMs || numberOf(a.incident) - numberOf(b.incident));
  return {
    events: created.map(({ incident, createdAtMs }) => ({
      key: `created ${incident.id}`,
      kind: 'created',
      subject: incident.id,
      occurredAtMs: createdAtMs,
      payload: JSON.stringify(incident),
    })),
    snapshot: { header: { baselineMs, horizonMs }, known },
  };
}

function horizonAfter(before: Snapshot | undefined, seen: Observation): number {
  const beforeMs = before?.header.horizonMs ?? 0;
  const listedToMs = seen.complete
    ? seen.serverTimeMs
    : Math.max(beforeMs, ...seen.incidents.map((incident) => timeOf(incident, beforeMs)));
  return Math.max(beforeMs, Math.min(listedToMs, seen.serverTimeMs - latenessMs));
}

function timeOf(incident: Incident, fallbackMs: number): number {
  const timeMs = Date.parse(incident.created_at);
  return Number.isNaN(timeMs) ? fallbackMs : timeMs;
}

function numberOf(incident: Incident): number {
  return incident.incident_number ?? 0;
}
