import Type from 'typebox';
import type { Clock } from '../clock/clock.js';
import { PagerDutyResponseError } from './pagerduty-response-error.js';
import { readErrorBody } from './read-error-body.js';
import { readJson } from './read-json.js';
import { reader } from './reader.js';
import { retryAfterMs } from './retry-after.js';
import { retrying } from './retrying.js';
import type { Upstream, UpstreamResponse } from './transport.js';

/** An event that opens an incident. Its own `dedupKey` makes sending it again harmless. */
export interface TriggerEvent {
  readonly integrationKey: string;
  readonly summary: string;
  readonly dedupKey: string;
}

const V1Accepted = Type.Object({ status: Type.String(), incident_key: Type.String() });
const V2Accepted = Type.Object({ status: Type.String(), dedup_key: Type.String() });
const readV1 = reader('an accepted event', V1Accepted);
const readV2 = reader('an accepted event', V2Accepted);

const source = 'PagerDuty connector';

/** PagerDuty's two Events APIs. An integration key belongs to an integration of one of them. */
export class EventsApi {
  readonly #transport: Upstream;
  readonly #clock: Clock;
  readonly #random: () => number;

  constructor(options: { transport: Upstream; clock: Clock; random: () => number }) {
    this.#transport = options.transport;
    this.#clock = options.clock;
    this.#random = options.random;
  }

  /** https://developer.pagerduty.com/docs/send-alert-event. Returns the key of the alert. */
  async triggerV2(event: TriggerEvent): Promise<string> {
    const accepted = await this.#send(event, '/v2/enqueue', readV2, {
      routing_key: event.integrationKey,
      event_action: 'trigger',
      dedup_key: event.dedupKey,
      client: source,
      // Events API v1 has no severity; PagerDuty treats its events as critical, and so are these.
      payload: { summary: event.summary, source, severity: 'critical' },
    });
    return accepted.dedup_key;
  }

  /** https://developer.pagerduty.com/docs/send-v1-event. Returns the key of the incident. */
  async triggerV1(event: TriggerEvent): Promise<string> {
    const accepted = await this.#send(event, '/generic/2010-04-15/create_event.json', readV1, {
      service_key: event.integrationKey,
      event_type: 'trigger',
      incident_key: event.dedupKey,
      client: source,
      description: event.summary,
    });
    return accepted.incident_key;
  }

  #send<T>(event: TriggerEvent, path: string, read: (body: unknown) => T, body: object): Promise<T> {
    const request = {
      method: 'POST',
      endpoint: path,
      path,
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      body: JSON.stringify(body),
    } as const;
    const attempt = async () => {
      const response = await this.#transport.send(request);
      if (response.status < 200 || response.status > 299) throw errorOf(response, event.integrationKey);
      return read(readJson(response.body));
    };
    return retrying(attempt, { clock: this.#clock, random: this.#random });
  }
}

function errorOf(response: UpstreamResponse, integrationKey: string): PagerDutyResponseError {
  const body = readErrorBody(response.body, integrationKey);
  // Events API v1 says with 403 what every other API says with 429.
  const status = response.status === 403 ? 429 : response.status;
  return new PagerDutyResponseError(status, body, retryAfterMs({ ...response, status }));
}
