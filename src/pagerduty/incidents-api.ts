import type { Answer, PagerDutyClient, QueryValue } from './client.js';
import { listing, type Page } from './listing.js';
import {
  type Incident,
  incidentReader,
  incidentReferenceReader,
  type LogEntry,
  logEntryReader,
  type Note,
  noteReader,
} from './models.js';
import { manyRecords, oneRecord, type Records } from './read-body.js';

/** A change to an incident by a user. */
export interface IncidentUpdate {
  readonly id: string;
  /** E-mail address of the acting user. */
  readonly from: string;
  /** The properties to change, as PagerDuty names them. */
  readonly change: Readonly<Record<string, unknown>>;
}

/** An incident to open, by a user. */
export interface NewIncident {
  /** E-mail address of the acting user. */
  readonly from: string;
  /** Its properties, as PagerDuty names them; undefined ones are left out. */
  readonly incident: Readonly<Record<string, unknown>>;
}

const readIncident = oneRecord('an incident', 'incident', incidentReader);
const readReference = oneRecord('a reference of an incident', 'incident', incidentReferenceReader);
const readNote = oneRecord('a note', 'note', noteReader);
const readNotes = manyRecords('notes', noteReader);
const listLogEntries = listing('/log_entries', 'log_entries', logEntryReader);
const listIncidents = listing('/incidents', 'incidents', incidentReader);

/** PagerDuty's incidents: https://developer.pagerduty.com/api-reference/e65c5833eeb07-pager-duty-api */
export class IncidentsApi {
  readonly #client: PagerDutyClient;

  constructor(client: PagerDutyClient) {
    this.#client = client;
  }

  /** https://developer.pagerduty.com/api-reference/005299ae1ae5e-get-an-incident */
  get(id: string): Promise<Incident> {
    return this.#client.call({
      method: 'GET',
      path: '/incidents/{id}',
      pathValues: { id },
      idempotent: true,
      read: readIncident,
    });
  }

  /** https://developer.pagerduty.com/api-reference/9d0b4b12e36f9-list-incidents */
  async list(query: Readonly<Record<string, QueryValue>>): Promise<Page<Incident>> {
    return (await this.listWithTime(query)).value;
  }

  /** As `list`, with PagerDuty's own time beside the page. */
  listWithTime(query: Readonly<Record<string, QueryValue>>): Promise<Answer<Page<Incident>>> {
    return listIncidents(this.#client, query);
  }

  /**
   * Sent once, whatever happens: repeating a change is for those who know that it is still wanted.
   * https://developer.pagerduty.com/api-reference/8a0e1aa2ec666-update-an-incident
   */
  update({ id, from, change }: IncidentUpdate): Promise<Incident> {
    return this.#client.call({
      method: 'PUT',
      path: '/incidents/{id}',
      pathValues: { id },
      from,
      body: { incident: { type: 'incident_reference', ...change } },
      idempotent: false,
      read: readIncident,
    });
  }

  /**
   * Opens an incident. Sent once, whatever happens: only an `incident_key` lets PagerDuty recognise the same one.
   * https://developer.pagerduty.com/api-reference/a7d81b0e9200f-create-an-incident
   */
  create({ from, incident }: NewIncident): Promise<Incident> {
    return this.#client.call({
      method: 'POST',
      path: '/incidents',
      from,
      body: { incident: { type: 'incident', ...incident } },
      idempotent: false,
      read: readIncident,
    });
  }

  /**
   * Sent once, whatever happens: a second one would snooze from then on.
   * https://developer.pagerduty.com/api-reference/1ee9a2b1f5af9-snooze-an-incident
   */
  snooze(snooze: { id: string; from: string; durationSeconds: number }): Promise<Incident> {
    return this.#client.call({
      method: 'POST',
      path: '/incidents/{id}/snooze',
      pathValues: { id: snooze.id },
      from: snooze.from,
      body: { duration: snooze.durationSeconds },
      idempotent: false,
      read: readIncident,
    });
  }

  /**
   * Merges incidents into another one. Sent once, whatever happens: what was merged cannot be merged again.
   * `mergeIncidents` in https://developer.pagerduty.com/api-reference/e65c5833eeb07-pager-duty-api
   */
  merge(merge: { id: string; from: string; sourceIds: readonly string[] }): Promise<Incident> {
    return this.#client.call({
      method: 'PUT',
      path: '/incidents/{id}/merge',
      pathValues: { id: merge.id },
      from: merge.from,
      body: { source_incidents: merge.sourceIds.map((id) => ({ id, type: 'incident_reference' })) },
      idempotent: false,
      read: readReference,
    });
  }

  /**
   * Sent once, whatever happens: PagerDuty has no way to recognise the same note.
   * https://developer.pagerduty.com/api-reference/9ae5cbda8f9e3-create-a-note-on-an-incident
   */
  addNote(note: { id: string; from: string; content: string }): Promise<Note> {
    return this.#client.call({
      method: 'POST',
      path: '/incidents/{id}/notes',
      pathValues: { id: note.id },
      from: note.from,
      body: { note: { content: note.content } },
      idempotent: false,
      read: readNote,
    });
  }

  /**
   * All notes of an incident; PagerDuty does not page them, and allows 2,000.
   * https://developer.pagerduty.com/api-reference/a1ac30885eb2f-list-notes-for-an-incident
   */
  notes(id: string): Promise<Records<Note>> {
    return this.#client.call({
      method: 'GET',
      path: '/incidents/{id}/notes',
      pathValues: { id },
      idempotent: true,
      read: readNotes,
    });
  }
}

/** PagerDuty's log entries: everything that ever happened to any incident. */
export class LogEntriesApi {
  readonly #client: PagerDutyClient;

  constructor(client: PagerDutyClient) {
    this.#client = client;
  }

  /**
   * Entries with their incidents, in an order that PagerDuty does not promise. Times are ISO 8601 with their zone.
   * https://developer.pagerduty.com/api-reference/c661e065403b5-list-log-entries
   */
  list(options: {
    readonly since?: string | undefined;
    readonly until?: string | undefined;
    readonly offset?: number;
    /** From 1 to 100. PagerDuty's default: 25. */
    readonly limit?: number;
    /** True to be told how many entries there are, which PagerDuty has to count. */
    readonly total?: boolean;
  }): Promise<Answer<Page<LogEntry>>> {
    return listLogEntries(this.#client, { ...options, 'include[]': ['incidents'] });
  }
}
