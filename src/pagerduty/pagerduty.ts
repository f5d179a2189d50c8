import type { Clock } from '../clock/clock.js';
import { PagerDutyClient } from './client.js';
import type { Credential } from './credential.js';
import { EscalationPoliciesApi } from './escalation-policies-api.js';
import { EventsApi } from './events-api.js';
import { IncidentsApi } from './incidents-api.js';
import { ProbeApi } from './probe-api.js';
import { type CallReport, Transport } from './transport.js';
import { UsersApi } from './users-api.js';

/** PagerDuty as one credential sees it. */
export interface PagerDutyAccount {
  readonly incidents: IncidentsApi;
  readonly users: UsersApi;
  readonly escalationPolicies: EscalationPoliciesApi;
  readonly probe: ProbeApi;
}

/** PagerDuty: its sockets, its Events APIs, and an account for each credential. */
export class PagerDuty {
  readonly events: EventsApi;
  readonly #rest: Transport;
  readonly #eventsTransport: Transport;
  readonly #otherRegion: Transport | undefined;
  readonly #clock: Clock;
  readonly #random: () => number;

  constructor(options: {
    apiUrl: URL;
    eventsUrl: URL;
    /** The REST API of the other region, to tell a key of that region from a wrong one. Default: none. */
    otherRegionUrl?: URL | undefined;
    clock: Clock;
    /** From 0 to 1, for the jitter of back-offs. */
    random: () => number;
    report: (report: CallReport) => void;
    /** The longest that one request may take. */
    deadlineMs?: number;
  }) {
    const { clock, random, report, deadlineMs = 10_000 } = options;
    this.#clock = clock;
    this.#random = random;
    this.#rest = new Transport({ baseUrl: options.apiUrl, clock, deadlineMs, report });
    this.#eventsTransport = new Transport({ baseUrl: options.eventsUrl, clock, deadlineMs, report });
    const { otherRegionUrl } = options;
    this.#otherRegion =
      otherRegionUrl === undefined ? undefined : new Transport({ baseUrl: otherRegionUrl, clock, deadlineMs, report });
    this.events = new EventsApi({ transport: this.#eventsTransport, clock, random });
  }

  /** The account behind a credential. Nothing is sent yet. */
  account(credential: Credential): PagerDutyAccount {
    const client = this.#client(this.#rest, credential);
    const otherRegion = this.#otherRegion === undefined ? undefined : this.#client(this.#otherRegion, credential);
    return {
      incidents: new IncidentsApi(client),
      users: new UsersApi(client),
      escalationPolicies: new EscalationPoliciesApi(client),
      probe: new ProbeApi({ client, otherRegion, credential }),
    };
  }

  /** Closes all sockets; what is under way fails. */
  async close(): Promise<void> {
    await Promise.all([this.#rest.close(), this.#eventsTransport.close(), this.#otherRegion?.close()]);
  }

  #client(transport: Transport, credential: Credential): PagerDutyClient {
    return new PagerDutyClient({ transport, credential, clock: this.#clock, random: this.#random });
  }
}
