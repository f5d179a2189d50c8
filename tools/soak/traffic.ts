import { setTimeout as delay } from 'node:timers/promises';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import type { ControlClient } from '../../sandbox/kit/control-client.js';

const users = ['PUSER01', 'PUSER02', 'PUSER03'];
const maxOpen = 30;
const stepMs = 1_000;
const maxCallMs = 30_000;
const createdKey = Compile(Type.Object({ incident_key: Type.String() }));
const foundId = Compile(Type.Object({ id: Type.String() }));

/** What goes on at PagerDuty, behind the connector's back and through its actions: about one thing a second. */
export class Traffic {
  /** Calls of the connector's actions, and how many were answered with a 2xx. */
  calls = 0;
  done = 0;
  readonly #people: ControlClient;
  readonly #connectorUrl: string;
  readonly #keys: readonly string[];
  readonly #serviceKey: string;
  readonly #watched: readonly string[];
  readonly #open: string[] = [];

  constructor(options: {
    people: ControlClient;
    /** Without a slash at its end. */
    connectorUrl: string;
    keys: readonly string[];
    /** Integration key of a service. */
    serviceKey: string;
    /** Incidents whose notes hosts wait for; they stay open. */
    watched: readonly string[];
  }) {
    this.#people = options.people;
    this.#connectorUrl = options.connectorUrl;
    this.#keys = options.keys;
    this.#serviceKey = options.serviceKey;
    this.#watched = options.watched;
  }

  /** Goes on until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#step();
      await delay(stepMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #step(): Promise<void> {
    const people = this.#people;
    const userId = oneOf(users);
    const incidentId = oneOf(this.#open) ?? oneOf(this.#watched) ?? '';
    const oldest = this.#open.length > maxOpen ? this.#open.shift() : undefined;
    if (oldest !== undefined) await people.tryToAct(oldest, 'resolve', { userId });
    const steps = [
      async () => {
        const count = 1 + Math.floor(Math.random() * 3);
        const opened = await people.trigger({ title: 'Checkout answers slowly', count });
        this.#open.push(...opened.map(({ id }) => id));
      },
      () => this.#create(),
      () => people.tryToAct(incidentId, 'acknowledge', { userId }),
      () => this.#call('PUT', `/action1/incidents/${incidentId}`, { userId }),
      () => people.tryToAct(incidentId, 'assign', { userIds: [userId] }),
      () => people.tryToAct(oneOf(this.#watched) ?? '', 'note', { content: 'Looking into it.' }),
      () => this.#call('POST', `/incidents/${oneOf(this.#watched)}/notes`, { userId, note: 'It was the cache.' }),
      () => this.#resolve(userId),
    ];
    await oneOf(steps)?.();
  }

  /** By an event; its incident is found by its key, so that it can be resolved one day. */
  async #create(): Promise<void> {
    const body = { service_key: this.#serviceKey, description: 'Disk almost full' };
    const created = await this.#call('POST', '/incidents/create', body);
    if (!createdKey.Check(created)) return;
    const found = await this.#call('GET', `/action8/incidents?incident_key=${created.incident_key}`);
    if (foundId.Check(found)) this.#open.push(found.id);
  }

  async #resolve(userId: string | undefined): Promise<void> {
    const incidentId = this.#open.shift();
    if (incidentId !== undefined) await this.#call('PUT', `/action2/incidents/${incidentId}`, { userId });
  }

  /** Calls an action. What fails while PagerDuty fails or the service is gone has its place in the history, or not. */
  async #call(method: 'GET' | 'POST' | 'PUT', path: string, body?: object): Promise<unknown> {
    this.calls += 1;
    const response = await fetch(`${this.#connectorUrl}${path}`, {
      method,
      headers: { 'x-api-key': oneOf(this.#keys) ?? '', 'content-type': 'application/json' },
      signal: AbortSignal.timeout(maxCallMs),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch(() => undefined);
    const answer: unknown = await response?.json().catch(() => undefined);
    if (response?.ok === true) this.done += 1;
    return answer;
  }
}

function oneOf<T>(values: readonly T[]): T | undefined {
  return values[Math.floor(Math.random() * values.length)];
}
