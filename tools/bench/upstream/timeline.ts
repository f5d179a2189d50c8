import { incidentBody } from '../incident-body.js';
import { lastChange, type UpstreamSettings } from './settings.js';

const empty = Buffer.from('{"log_entries":[],"limit":100,"offset":0,"more":false}');
const kinds = ['acknowledge', 'assign', 'trigger'] as const;

/**
 * The first page of a connection's timeline, newest first. A change is an incident that is created, assigned and
 * acknowledged at once; its entries are listed by every poll that asks for their time.
 */
export function timelineOf(connection: number, url: string, settings: UpstreamSettings, nowMs: number): Buffer {
  const sinceMs = Date.parse(new URL(url, 'http://upstream').searchParams.get('since') ?? '');
  const entries: object[] = [];
  let change = lastChange(connection, settings, nowMs);
  while (change !== undefined && change.atMs >= sinceMs) {
    const id = `Q${connection}C${change.turn}`;
    entries.push(...kinds.map((kind) => logEntryBody(kind, id, change?.turn ?? 0, change?.atMs ?? 0)));
    change = lastChange(connection, settings, change.atMs - 1);
  }
  if (entries.length === 0) return empty;
  return Buffer.from(JSON.stringify({ log_entries: entries, limit: 100, offset: 0, more: false }));
}

/** A log entry with its incident, as PagerDuty answers it with `include[]=incidents`. */
export function logEntryBody(kind: (typeof kinds)[number], incidentId: string, number: number, atMs: number): object {
  const at = new Date(Math.floor(atMs / 1000) * 1000).toISOString().replace('.000Z', 'Z');
  const id = `R${kind}${incidentId}`;
  return {
    id,
    type: `${kind}_log_entry`,
    summary: `Incident ${incidentId}: ${kind}`,
    self: `https://api.pagerduty.com/log_entries/${id}`,
    html_url: null,
    created_at: at,
    agent: { id: 'PUSER01', type: 'user_reference', summary: 'Ada Lovelace', html_url: null },
    channel: { type: 'web_ui' },
    contexts: [],
    incident: incidentBody({ id: incidentId, number, status: 'acknowledged', createdAt: at, changedAt: at }),
    ...(kind === 'assign' ? { assignees: [{ id: 'PUSER01', type: 'user_reference' }] } : {}),
  };
}
