import type { SandboxClock } from '../shifted-clock.js';
import { Agenda } from './agenda.js';
import { LogBook } from './log-book.js';
import { RandomIds } from './random-ids.js';
import type {
  Agent,
  ApiKey,
  ChangeEvent,
  Channel,
  EntryDetails,
  EntryKind,
  HistoryItem,
  HistoryKind,
  Incident,
  LogEntry,
  PendingKind,
} from './records.js';
import { type Directory, seedDirectory } from './seed-account.js';
import { defaultSettings, type Settings } from './settings.js';

/**
 * The state of one pretend account and the few ways in which anything may be written to it. The rules, such as what an
 * acknowledgement changes, are functions in the neighbouring files that take the account first.
 *
 * Time has whole seconds, as in PagerDuty's answers.
 */
export class Account {
  readonly clock: SandboxClock;
  readonly ids: RandomIds;
  readonly log = new LogBook();
  readonly agenda = new Agenda();
  readonly settings: Settings = { ...defaultSettings };
  /** What truly happened, in order: the oracle that tests compare a client's deliveries with. */
  history: HistoryItem[] = [];
  /** Change events, oldest first. */
  changes: ChangeEvent[] = [];
  /** In the order of their numbers, which is also that of their creation. */
  incidents: Incident[] = [];
  /** The incidents that are not resolved. */
  readonly open = new Set<Incident>();
  directory: Directory = seedDirectory();

  #keys = new Map<string, ApiKey>();
  #byId = new Map<string, Incident>();
  #byNumber = new Map<number, Incident>();
  #byKey = new Map<string, Set<Incident>>();
  #openByKey = new Map<string, Incident>();
  #momentMs: number | null = null;
  #late = { actions: 0, delayMs: 0 };
  #actionDelayMs = 0;

  constructor(clock: SandboxClock, seed: number) {
    this.clock = clock;
    this.ids = new RandomIds(seed);
    this.#indexKeys();
  }

  /** Back to the seed account. Ids go on from the last one, so that no id ever means two things. */
  reset(): void {
    this.directory = seedDirectory();
    Object.assign(this.settings, defaultSettings);
    this.log.clear();
    this.agenda.clear();
    this.history = [];
    this.changes = [];
    this.incidents = [];
    this.open.clear();
    this.#byId.clear();
    this.#byNumber.clear();
    this.#byKey.clear();
    this.#openByKey.clear();
    this.#late = { actions: 0, delayMs: 0 };
    this.#indexKeys();
  }

  /** The present, or the past moment that is being caught up with, cut to the second. */
  now(): number {
    return Math.floor(this.exactNow() / 1000) * 1000;
  }

  exactNow(): number {
    return this.#momentMs ?? this.clock.now();
  }

  /** Runs `act` as if it were `atMs`: what fell due since the last request happened then, not now. */
  actAt(atMs: number, act: () => void): void {
    this.#momentMs = atMs;
    try {
      act();
    } finally {
      this.#momentMs = null;
    }
  }

  /** The log entries of the next `actions` actions are listed `delaySeconds` late, whatever the settings say. */
  hideNextActions(actions: number, delaySeconds: number): void {
    this.#late = { actions, delayMs: delaySeconds * 1000 };
  }

  /** Every rule that changes an incident starts with this. */
  beginAction(): void {
    this.#actionDelayMs = this.settings.logEntryDelaySeconds * 1000;
    if (this.#late.actions > 0) {
      this.#late.actions -= 1;
      this.#actionDelayMs = this.#late.delayMs;
    }
  }

  apiKey(key: string): ApiKey | undefined {
    return this.#keys.get(key);
  }

  addApiKey(key: ApiKey): void {
    this.directory.keys.push(key);
    this.#keys.set(key.key, key);
  }

  /** By id or, as PagerDuty allows, by number. */
  incident(idOrNumber: string): Incident | undefined {
    return (
      this.#byId.get(idOrNumber) ?? (/^\d+$/.test(idOrNumber) ? this.#byNumber.get(Number(idOrNumber)) : undefined)
    );
  }

  /** Every incident, open or not, that has this key or an alert with it. */
  incidentsByKey(key: string): Iterable<Incident> {
    return this.#byKey.get(key) ?? [];
  }

  openIncidentByKey(serviceId: string, key: string): Incident | undefined {
    return this.#openByKey.get(`${serviceId} ${key}`);
  }

  add(incident: Incident): void {
    this.incidents.push(incident);
    this.#byId.set(incident.id, incident);
    this.#byNumber.set(incident.number, incident);
    this.markOpen(incident);
    if (incident.key !== null) this.rememberKey(incident, incident.serviceId, incident.key);
  }

  markOpen(incident: Incident): void {
    this.open.add(incident);
    if (incident.key !== null && this.openIncidentByKey(incident.serviceId, incident.key) === undefined) {
      this.#openByKey.set(`${incident.serviceId} ${incident.key}`, incident);
    }
  }

  markResolved(incident: Incident): void {
    this.open.delete(incident);
    const keys = [incident.key, ...incident.alerts.map((alert) => alert.key)];
    for (const key of keys) {
      if (key !== null && this.openIncidentByKey(incident.serviceId, key) === incident) {
        this.#openByKey.delete(`${incident.serviceId} ${key}`);
      }
    }
  }

  /** From now on the key leads to this incident, in searches and for events. */
  rememberKey(incident: Incident, serviceId: string, key: string): void {
    const known = this.#byKey.get(key);
    if (known === undefined) this.#byKey.set(key, new Set([incident]));
    else known.add(incident);
    this.#openByKey.set(`${serviceId} ${key}`, incident);
  }

  /** Replaces the incident's pending action of this kind; null calls it off. */
  schedule(incident: Incident, kind: PendingKind, atMs: number | null): void {
    incident.pending = incident.pending.filter((action) => action.kind !== kind);
    if (atMs === null) return;
    const action = { kind, atMs, incident };
    incident.pending.push(action);
    this.agenda.add(action);
  }

  /** Appends to the log and touches the incident. */
  write(
    incident: Incident,
    kind: EntryKind,
    agent: Agent,
    channel: Channel,
    summary: string,
    details: EntryDetails = {},
  ): LogEntry {
    const atMs = this.now();
    const entry: LogEntry = {
      id: this.ids.id('R', 26),
      kind,
      atMs,
      listedFromMs: this.#actionDelayMs === 0 ? atMs : this.exactNow() + this.#actionDelayMs,
      summary,
      agent,
      channel,
      incident,
      ...details,
    };
    this.log.add(entry);
    incident.entries.push(entry);
    incident.updatedAtMs = atMs;
    return entry;
  }

  record(
    kind: HistoryKind,
    incident: Incident,
    userId: string | null,
    entry: LogEntry | null,
    extra: { readonly wasAssigned?: boolean; readonly noteId?: string } = {},
  ): void {
    this.history.push({
      n: this.history.length + 1,
      kind,
      incidentId: incident.id,
      incidentNumber: incident.number,
      userId,
      atMs: this.now(),
      logEntryId: entry?.id ?? null,
      ...extra,
    });
  }

  #indexKeys(): void {
    this.#keys = new Map(this.directory.keys.map((key) => [key.key, key]));
  }
}
