import { createHash } from 'node:crypto';
import { type CallGate, throughGate } from './call-gate.js';
import { PagerDutyResponseError } from './errors.js';
import type { AcceptedChange, AcceptedEvent, ApiVersion, EventBody, EventsApi, TriggerEvent } from './events-api.js';
import { type RoutingKey, UnknownIntegrationKeyError } from './integration-key.js';

/** The input of Create incident, whose key may be of either version. */
const serviceKey = { field: 'service_key', label: 'Service key', api: 'Events API' };

/**
 * Sends events by integration key. `trigger` takes a key of whichever Events API: v2 is tried first, and v1 if v2 says
 * that the key is not its own. The version of a key is remembered.
 */
export class EventSender {
  readonly #events: EventsApi;
  readonly #gateOf: (integrationKey: string) => CallGate;

  /** @param gateOf gives what the events with an integration key pass */
  constructor(events: EventsApi, gateOf: (integrationKey: string) => CallGate) {
    this.#events = events;
    this.#gateOf = gateOf;
  }

  /**
   * Opens an incident. Returns the key under which further events reach it.
   * @throws {PagerDutyResponseError} @throws {UnknownIntegrationKeyError}
   */
  async trigger(event: TriggerEvent): Promise<string> {
    const { versions } = this.#events;
    const hash = createHash('sha256').update(event.integrationKey).digest('base64');
    const gate = this.#gateOf(event.integrationKey);
    const [first, second] = order(versions.get(hash));
    for (const version of [first, second]) {
      const send = () => (version === 'v2' ? this.#events.triggerV2(event) : this.#events.triggerV1(event));
      try {
        // The one says nothing of a key that may be the other's.
        const key = await (version === first ? throughGate(gate, send, { answer: accepted }) : pass(gate, send));
        versions.set(hash, version);
        return key;
      } catch (error) {
        if (!isAboutKey(error)) throw error;
      }
    }
    versions.delete(hash);
    throw new UnknownIntegrationKeyError(serviceKey);
  }

  /**
   * Sends an event by Events API v2, as it is.
   * @throws {PagerDutyResponseError} @throws {UnknownIntegrationKeyError} about the input that the key came from
   */
  send(key: RoutingKey, event: EventBody & { readonly dedup_key: string }): Promise<AcceptedEvent> {
    const send = () => this.#events.enqueue(key.value, event);
    return pass(this.#gateOf(key.value), send).catch((error: unknown) => rethrow(error, key));
  }

  /**
   * Sends a change event, once.
   * @throws {PagerDutyResponseError} @throws {UnknownIntegrationKeyError} about the input that the key came from
   */
  sendChange(key: RoutingKey, change: EventBody): Promise<AcceptedChange> {
    const send = () => this.#events.enqueueChange(key.value, change);
    return pass(this.#gateOf(key.value), send).catch((error: unknown) => rethrow(error, key));
  }
}

const accepted = () => 'accepted' as const;

function pass<T>(gate: CallGate, send: () => Promise<T>): Promise<T> {
  return throughGate(gate, send, { answer: accepted, error: (error) => (isAboutKey(error) ? 'refused' : 'failed') });
}

function rethrow(error: unknown, key: RoutingKey): never {
  throw isAboutKey(error) ? new UnknownIntegrationKeyError(key) : error;
}

function order(known: ApiVersion | undefined): readonly [ApiVersion, ApiVersion] {
  return known === 'v1' ? ['v1', 'v2'] : ['v2', 'v1'];
}

/** Observed: v2 speaks of the routing key, v1 of the service key, each in a 400 without a code. */
function isAboutKey(error: unknown): boolean {
  return (
    error instanceof PagerDutyResponseError &&
    error.pagerDutyStatus === 400 &&
    error.says(/(routing|service|integration)[ _]key/i)
  );
}
