import { LRUCache } from 'lru-cache';
import Type, { type Static } from 'typebox';
import type { Clock } from '../clock/clock.js';
import { PagerDutyResponseError } from './errors.js';
import { readJson } from './json.js';
import { reader } from './read-body.js';
import { readErrorBody } from './read-error-body.js';
import { retryAfterMs, retrying } from './retry.js';
import type { Upstream, UpstreamResponse } from './transport.js';

/** An event that opens an incident. Its own `dedupKey` makes sending it again harmless. */
export interface TriggerEvent {
  readonly integrationKey: string;
  readonly summary: string;
  readonly dedupKey: string;
}

/** An event or a change as PagerDuty names its properties, without the routing key; undefined ones are left out. */
export type EventBody = Readonly<Record<string, unknown>>;

const V1Accepted = Type.Object({ status: Type.String(), incident_key: Type.String() });
const V2Accepted = Type.Object({ status: Type.String(), dedup_key: Type.String() });
const ChangeAccepted = Type.Object({ status: Type.String() });
const readV1 = reader('an accepted event', V1Accepted);
const readV2 = reader('an accepted event', V2Accepted);
const readChange = reader('an accepted change event', ChangeAccepted);

/** What PagerDuty answers to an event that it took. Fields beside these are carried along. */
export type AcceptedEvent = Static<typeof V2Accepted>;

/** What PagerDuty answers to a change event that it took. */
export type AcceptedChange = Static<typeof ChangeAccepted>;

/** The Events API that an integration belongs to. */
export type ApiVersion = 'v1' | 'v2';

const source = 'PagerDuty connector';

/** PagerDuty's two Events APIs. An integration key belongs to an integration of one of them. */
export class EventsApi {
  /** What is known of integration keys, for all callers: by a hash, so that no key is kept. */
  readonly versions = new LRUCache<string, ApiVersion>({ max: 10_000 });
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
    const accepted = await this.enqueue(event.integrationKey, {
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
    const attempt = this.#attempt(event.integrationKey, '/generic/2010-04-15/create_event.json', readV1, {
      service_key: event.integrationKey,
      event_type: 'trigger',
      incident_key: event.dedupKey,
      client: source,
      description: event.summary,
    });
    return (await retrying(attempt, { clock: this.#clock, random: this.#random })).incident_key;
  }

  /**
   * Sends an event of Events API v2, and again after a transient failure. So it needs a `dedup_key`, by which PagerDuty
   * recognises it. https://developer.pagerduty.com/docs/send-alert-event
   */
  enqueue(routingKey: string, event: EventBody & { readonly dedup_key: string }): Promise<AcceptedEvent> {
    const attempt = this.#attempt(routingKey, '/v2/enqueue', readV2, { routing_key: routingKey, ...event });
    return retrying(attempt, { clock: this.#clock, random: this.#random });
  }

  /**
   * Sent once, whatever happens: PagerDuty has no way to recognise the same change.
   * https://developer.pagerduty.com/docs/send-change-event
   */
  enqueueChange(routingKey: string, change: EventBody): Promise<AcceptedChange> {
    return this.#attempt(routingKey, '/v2/change/enqueue', readChange, { routing_key: routingKey, ...change })();
  }

  #attempt<T>(integrationKey: string, path: string, read: (body: unknown) => T, body: object): () => Promise<T> {
    const request = {
      method: 'POST',
      sender: integrationKey,
      endpoint: path,
      path,
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      body: JSON.stringify(body),
    } as const;
    return async () => {
      const response = await this.#transport.send(request);
      if (response.status < 200 || response.status > 299) throw errorOf(response, integrationKey);
      return read(readJson(response.body));
    };
  }
}

function errorOf(response: UpstreamResponse, integrationKey: string): PagerDutyResponseError {
  const body = readErrorBody(response.body, integrationKey);
  // Events API v1 says with 403 what every other API says with 429.
  const status = response.status === 403 ? 429 : response.status;
  return new PagerDutyResponseError(status, body, retryAfterMs({ ...response, status }));
}
