import type { HistoryItem } from '../../../sandbox/account/records.js';
import type { Layer } from './layers.js';

type Record = Readonly<globalThis.Record<string, unknown>>;

/** What an odd entry is about can still be told, with what else there is; or it cannot, and need not. */
type Spares = 'nothing' | 'everything' | 'all but assignments';

/** Ways in which a log entry can be odd. */
export const oddities = {
  'created_at null': { spares: 'nothing', spoil: (entry) => ({ ...entry, created_at: null }) },
  'created_at empty': { spares: 'nothing', spoil: (entry) => ({ ...entry, created_at: '' }) },
  'created_at not a time': { spares: 'nothing', spoil: (entry) => ({ ...entry, created_at: 'yesterday' }) },
  'created_at a number': { spares: 'nothing', spoil: (entry) => ({ ...entry, created_at: 1_767_603_600 }) },
  'incident null': { spares: 'nothing', spoil: (entry) => ({ ...entry, incident: null }) },
  'incident without id': {
    spares: 'nothing',
    spoil: (entry) => ({ ...entry, incident: { ...recordOf(entry.incident), id: null } }),
  },
  'entry without id': { spares: 'nothing', spoil: (entry) => ({ ...entry, id: null }) },
  'entry null': { spares: 'nothing', spoil: () => null },
  'entry a text': { spares: 'nothing', spoil: () => 'entry' },
  'type null': { spares: 'nothing', spoil: (entry) => ({ ...entry, type: null }) },
  'assignees null': { spares: 'all but assignments', spoil: (entry) => ({ ...entry, assignees: null }) },
  'assignees of null': { spares: 'all but assignments', spoil: (entry) => ({ ...entry, assignees: [null] }) },
  'assignee without id': {
    spares: 'all but assignments',
    spoil: (entry) => ({ ...entry, assignees: [{ id: null, type: 'user_reference' }] }),
  },
  'a null among the assignees': {
    spares: 'everything',
    spoil: (entry) => ({ ...entry, assignees: [null, ...listOf(entry.assignees)] }),
  },
  'agent null': { spares: 'everything', spoil: (entry) => ({ ...entry, agent: null, channel: null, service: null }) },
  'incident number a text': {
    spares: 'everything',
    spoil: ofIncident((incident) => ({ incident_number: `${incident.incident_number}` })),
  },
  'incident assigned to null': {
    spares: 'everything',
    spoil: ofIncident(() => ({ assignments: [{ at: null, assignee: null }] })),
  },
  'incident acknowledged by null': {
    spares: 'everything',
    spoil: ofIncident(() => ({ acknowledgements: [{ at: null, acknowledger: null }] })),
  },
  'incident without created_at': { spares: 'everything', spoil: ofIncident(() => ({ created_at: null })) },
  'incident without status': { spares: 'everything', spoil: ofIncident(() => ({ status: null })) },
  'incident title a number': { spares: 'everything', spoil: ofIncident(() => ({ title: 7 })) },
} satisfies globalThis.Record<string, { readonly spares: Spares; readonly spoil: (entry: Record) => unknown }>;

export type Oddity = keyof typeof oddities;

/** Log entries that are not as PagerDuty documents them. */
export class OddRecords {
  /** How entries are odd, by their id. */
  readonly byEntry = new Map<string, Oddity>();

  /** Whether an event need not be told, because its entry is too odd. */
  mayBeUntold({ kind, logEntryId }: Pick<HistoryItem, 'kind' | 'logEntryId'>): boolean {
    const oddity = this.byEntry.get(logEntryId ?? '');
    if (oddity === undefined) return false;
    const { spares } = oddities[oddity];
    return spares === 'nothing' || (spares === 'all but assignments' && kind === 'assigned');
  }

  readonly layer: Layer = async ({ path }, next) => {
    const given = await next();
    const body = recordOf(given.body);
    if (path !== '/log_entries' || !Array.isArray(body.log_entries)) return given;
    const log_entries = listOf(body.log_entries).map((entry) => {
      const record = recordOf(entry);
      const oddity = this.byEntry.get(String(record.id));
      return oddity === undefined ? entry : oddities[oddity].spoil(record);
    });
    return { ...given, body: { ...body, log_entries } };
  };
}

function ofIncident(spoil: (incident: Record) => object) {
  return (entry: Record) => {
    const incident = recordOf(entry.incident);
    return { ...entry, incident: { ...incident, ...spoil(incident) } };
  };
}

function recordOf(value: unknown): Record {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
