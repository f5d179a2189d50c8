import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { ServiceError } from '../errors/service-error.js';
import { type CallGate, openGate, throughGate } from './call-gate.js';
import { PagerDutyResponseError } from './errors.js';
import type { AcceptedChange, AcceptedEvent, EventBody, EventsApi, TriggerEvent } from './events-api.js';

type ApiVersion = 'v1' | 'v2';

/** The integration key of an Events API v2 integration, and where it came from. */
export interface RoutingKey extends KeyInput {
  readonly value: string;
}

/**
 * Sends events by integration key. `trigger` takes a key of whichever Events API: v2 is tried first, v1 if v2 says that
 * the key is not its own, and what a key turned out to be is remembered.
 */
export class EventSender {
  readonly #events: EventsApi;
  readonly #gate: CallGate;
  /** By a hash of the integration key, so that no key is kept. */
  readonly #versions: LRUCache<string, ApiVersion>;

  constructor(events: EventsApi, gate = openGate, versions = new LRUCache<string, ApiVersion>({ max: 10_000 })) {
    this.#events = events;
    this.#gate = gate;
    this.#versions = versions;
  }

  /** The same, with what is known of integration keys, for a caller whose calls have to pass a gate. */
  behind(gate: CallGate): EventSender {
    return new EventSender(this.#events, gate, this.#versions);
  }

  /**
   * Opens an incident. Returns the key under which further events reach it.
   * @throws {PagerDutyResponseError} @throws {UnknownIntegrationKeyError}
   */
  async trigger(event: TriggerEvent): Promise<string> {
    const hash = createHash('sha256').update(event.integrationKey).digest('base64');
    const known = this.#versions.get(hash);
    for (const version of order(known)) {
      try {
        const key = await this.#pass(() =>
          version === 'v2' ? this.#events.triggerV2(event) : this.#events.triggerV1(event),
        );
        this.#versions.set(hash, version);
        return key;
      } catch (error) {
        if (!isAboutKey(error)) throw error;
      }
    }
    this.#versions.delete(hash);
    throw new UnknownIntegrationKeyError(serviceKey);
  }

  /**
   * Sends an event by Events API v2, as it is.
   * @throws {PagerDutyResponseError} @throws {UnknownIntegrationKeyError} about the input that the key came from
   */
  send(key: RoutingKey, event: EventBody & { readonly dedup_key: string }): Promise<AcceptedEvent> {
    return this.#pass(() => this.#events.enqueue(key.value, event)).catch((error: unknown) => rethrow(error, key));
  }

  /**
   * Sends a change event, once.
   * @throws {PagerDutyResponseError} @throws {UnknownIntegrationKeyError} about the input that the key came from
   */
  sendChange(key: RoutingKey, change: EventBody): Promise<AcceptedChange> {
    return this.#pass(() => this.#events.enqueueChange(key.value, change)).catch((error: unknown) =>
      rethrow(error, key),
    );
  }

  #pass<T>(send: () => Promise<T>): Promise<T> {
    return throughGate(this.#gate, send, () => 'taken');
  }
}

/** The input of Create incident, whose key may be of either version. */
const serviceKey = { field: 'service_key', label: 'Service key', owner: 'an Events API integration' };

function rethrow(error: unknown, key: RoutingKey): never {
  throw isAboutKey(error) ? new UnknownIntegrationKeyError(key) : error;
}

function order(known: ApiVersion | undefined): readonly ApiVersion[] {
  return known === 'v1' ? ['v1', 'v2'] : ['v2', 'v1'];
}

/** Observed: v2 speaks of the routing key, v1 of the service key, each in a 400 without a code. */
function isAboutKey(error: unknown): boolean {
  if (!(error instanceof PagerDutyResponseError) || error.status !== 400) return false;
  return error.pagerDutyErrors.some((text) => /(routing|service|integration)[ _]key/i.test(text));
}

/** An input that holds an integration key. */
export interface KeyInput {
  /** Wire name of the input. */
  readonly field: string;
  /** The name that designers show. */
  readonly label: string;
  /** What the key belongs to: "an Events API v2 integration". */
  readonly owner: string;
}

/** PagerDuty has no integration with a key. The key is not repeated. */
export class UnknownIntegrationKeyError extends ServiceError {
  constructor({ field, label, owner }: KeyInput) {
    super({
      code: 'unknown_integration_key',
      statusCode: 400,
      message: `${label} (${field}): expected the integration key of ${owner}, got one that PagerDuty does not know. Copy it from the Integrations tab of the service in PagerDuty; an API key or a service id does not work here.`,
      details: { field },
    });
  }
}
