import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { ServiceError } from '../errors/service-error.js';
import type { EventsApi, TriggerEvent } from '../pagerduty/events-api.js';
import { PagerDutyResponseError } from '../pagerduty/pagerduty-response-error.js';

type ApiVersion = 'v1' | 'v2';

/**
 * Sends events by integration key, whichever Events API the key belongs to: v2 is tried first, v1 if v2 says that
 * the key is not its own, and what a key turned out to be is remembered.
 */
export class EventSender {
  readonly #events: EventsApi;
  /** By a hash of the integration key, so that no key is kept. */
  readonly #versions = new LRUCache<string, ApiVersion>({ max: 10_000 });

  constructor(events: EventsApi) {
    this.#events = events;
  }

  /**
   * Opens an incident. Returns the key under which further events reach it.
   * @throws {PagerDutyResponseError} @throws {ServiceError} `unknown_integration_key`
   */
  async trigger(event: TriggerEvent): Promise<string> {
    const hash = createHash('sha256').update(event.integrationKey).digest('base64');
    const known = this.#versions.get(hash);
    for (const version of order(known)) {
      try {
        const key = await (version === 'v2' ? this.#events.triggerV2(event) : this.#events.triggerV1(event));
        this.#versions.set(hash, version);
        return key;
      } catch (error) {
        if (!isAboutKey(error)) throw error;
      }
    }
    this.#versions.delete(hash);
    throw new ServiceError({
      code: 'unknown_integration_key',
      statusCode: 400,
      message:
        'Service key (service_key): expected the integration key of an Events API integration, got one that PagerDuty does not know. Copy it from the Integrations tab of the service in PagerDuty; an API key or a service id does not work here.',
      details: { field: 'service_key' },
    });
  }
}

function order(known: ApiVersion | undefined): readonly ApiVersion[] {
  return known === 'v1' ? ['v1', 'v2'] : ['v2', 'v1'];
}

/** Observed: v2 speaks of the routing key, v1 of the service key, each in a 400 without a code. */
function isAboutKey(error: unknown): boolean {
  if (!(error instanceof PagerDutyResponseError) || error.status !== 400) return false;
  return error.pagerDutyErrors.some((text) => /(routing|service|integration)[ _]key/i.test(text));
}
