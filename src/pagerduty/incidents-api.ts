import Type from 'typebox';
import type { Answer, PagerDutyClient, QueryValue } from './client.js';
import type { Page } from './collect-pages.js';
import { Incident } from './incident.js';
import { reader } from './reader.js';

/** A change of an incident's status by a user. */
export interface StatusChange {
  readonly id: string;
  readonly status: 'acknowledged' | 'resolved';
  /** E-mail address of the acting user. */
  readonly from: string;
}

const readIncident = reader('an incident', Type.Object({ incident: Incident }));
const readIncidents = reader(
  'a list of incidents',
  Type.Object({ incidents: Type.Array(Incident), more: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])) }),
);

/** PagerDuty's incidents: https://developer.pagerduty.com/api-reference/e65c5833eeb07-pager-duty-api */
export class IncidentsApi {
  readonly #client: PagerDutyClient;

  constructor(client: PagerDutyClient) {
    this.#client = client;
  }

  /** https://developer.pagerduty.com/api-reference/005299ae1ae5e-get-an-incident */
  async get(id: string): Promise<Incident> {
    const { incident } = await this.#client.call({
      method: 'GET',
      path: '/incidents/{id}',
      pathValues: { id },
      idempotent: true,
      read: readIncident,
    });
    return incident;
  }

  /** https://developer.pagerduty.com/api-reference/9d0b4b12e36f9-list-incidents */
  async list(query: Readonly<Record<string, QueryValue>>): Promise<Page<Incident>> {
    return (await this.listWithTime(query)).value;
  }

  /** As `list`, with PagerDuty's own time beside the page. */
  async listWithTime(query: Readonly<Record<string, QueryValue>>): Promise<Answer<Page<Incident>>> {
    const { value, serverTimeMs } = await this.#client.callWithTime({
      method: 'GET',
      path: '/incidents',
      query,
      idempotent: true,
      read: readIncidents,
    });
    return { value: { items: value.incidents, more: value.more === true }, serverTimeMs };
  }

  /**
   * Sent once, whatever happens: acknowledging again would reopen an incident that was resolved in between.
   * https://developer.pagerduty.com/api-reference/8a0e1aa2ec666-update-an-incident
   */
  async changeStatus(change: StatusChange): Promise<Incident> {
    const { incident } = await this.#client.call({
      method: 'PUT',
      path: '/incidents/{id}',
      pathValues: { id: change.id },
      from: change.from,
      body: { incident: { type: 'incident_reference', status: change.status } },
      idempotent: false,
      read: readIncident,
    });
    return incident;
  }
}
