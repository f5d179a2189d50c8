import type { Connection } from '../connection/connection.js';
import { PagerDutyResponseError } from '../pagerduty/errors.js';
import { type ObservedEvent, timeOf } from './events.js';

/** In so many polls an incident is asked for before an event of it is told with no more than its reference. */
const maxTries = 4;
const maxRemembered = 1_000;

/** News with their incidents, as far as these can be had. */
export interface Completed {
  readonly events: readonly ObservedEvent[];
  /** Events that wait for their incident: the next poll reads them again. */
  readonly held: ReadonlySet<ObservedEvent>;
}

/**
 * Gets the incidents that PagerDuty did not include in its log entries. One that cannot be read, because a copy of PagerDuty
 * lags, or because something is wrong with it, is asked for again in some more polls; nobody else waits for it. What
 * happened to an incident that cannot be read at all has still happened: it is told with the reference that its entry has.
 */
export class MissingIncidents {
  /** How often an incident has been asked for in vain, by id. */
  readonly #tries = new Map<string, number>();

  /** @throws {PagerDutyResponseError} if PagerDuty refuses the key, or any more calls */
  async complete(connection: Connection, news: readonly ObservedEvent[]): Promise<Completed> {
    const events: ObservedEvent[] = [];
    const held = new Set<ObservedEvent>();
    const read = new Map<string, Promise<object | undefined>>();
    for (const event of news) {
      if (event.isReference !== true) {
        events.push(event);
        continue;
      }
      const { incidentId } = event;
      const reading = read.get(incidentId) ?? this.#read(connection, incidentId);
      read.set(incidentId, reading);
      const incident = await reading;
      if (incident !== undefined) events.push(withIncident(event, incident));
      else if ((this.#tries.get(incidentId) ?? 0) < maxTries) held.add(event);
      else events.push(event);
    }
    return { events, held };
  }

  async #read(connection: Connection, incidentId: string): Promise<object | undefined> {
    try {
      const incident = await connection.incidents.get(incidentId);
      this.#tries.delete(incidentId);
      return incident;
    } catch (error) {
      if (error instanceof PagerDutyResponseError && [401, 429].includes(error.pagerDutyStatus)) throw error;
      const tries = (this.#tries.get(incidentId) ?? 0) + 1;
      this.#tries.delete(incidentId);
      this.#tries.set(incidentId, tries);
      const [oldest] = this.#tries.keys();
      if (this.#tries.size > maxRemembered && oldest !== undefined) this.#tries.delete(oldest);
      return undefined;
    }
  }
}

/** An incident says itself when it was created; the entry may be of a later alert. */
function withIncident(event: ObservedEvent, incident: object): ObservedEvent {
  const createdAt = 'created_at' in incident ? timeOf(incident.created_at) : undefined;
  return {
    ...event,
    payload: incident,
    isReference: false,
    atMs: event.kind === 'created' ? (createdAt ?? event.atMs) : event.atMs,
  };
}
