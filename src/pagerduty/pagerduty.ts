import type { Clock } from '../clock/clock.js';
import type { CallGate } from './call-gate.js';
import { type Credential, PagerDutyClient } from './client.js';
import { DirectoryApi } from './directory-api.js';
import { EventsApi } from './events-api.js';
import { IncidentsApi, LogEntriesApi } from './incidents-api.js';
import { ProbeApi } from './probe-api.js';
import type { OddFieldReport } from './read-body.js';
import { type CallReport, Transport, type Upstream } from './transport.js';

/** PagerDuty as one credential sees it. */
export interface PagerDutyAccount {
  readonly incidents: IncidentsApi;
  readonly directory: DirectoryApi;
  readonly logEntries: LogEntriesApi;
  readonly probe: ProbeApi;
}

/** PagerDuty: its sockets, its Events APIs, and an account for each credential. */
export class PagerDuty {
  /** The REST API's base. */
  readonly apiUrl: URL;
  /** The Events APIs' base. */
  readonly eventsUrl: URL;
  readonly events: EventsApi;
  readonly #rest: Upstream;
  readonly #eventsTransport: Upstream;
  readonly #otherRegion: Upstream | undefined;
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
    /** How long one request may take. */
    deadlineMs?: number;
    /** How an origin is reached. Default: over sockets. */
    connect?: (baseUrl: URL) => Upstream;
  }) {
    const { clock, random, report, deadlineMs = 10_000 } = options;
    const overSockets = (baseUrl: URL) => new Transport({ baseUrl, clock, deadlineMs, report });
    const { connect = overSockets, otherRegionUrl } = options;
    this.apiUrl = options.apiUrl;
    this.eventsUrl = options.eventsUrl;
    this.#clock = clock;
    this.#random = random;
    this.#rest = connect(options.apiUrl);
    this.#eventsTransport = connect(options.eventsUrl);
    this.#otherRegion = otherRegionUrl === undefined ? undefined : connect(otherRegionUrl);
    this.events = new EventsApi({ transport: this.#eventsTransport, clock, random });
  }

  /**
   * The account behind a credential. Nothing is sent yet.
   * @param options.here what calls to this region pass
   * @param options.there what calls to the other one pass
   * @param options.oddField hears of each odd field in what PagerDuty answers. Default: nobody does
   */
  account(
    credential: Credential,
    options: { readonly here: CallGate; readonly there: CallGate; readonly oddField?: OddFieldReport },
  ): PagerDutyAccount {
    const { here, there, oddField } = options;
    const client = this.#client(this.#rest, credential, here, oddField);
    const otherRegion =
      this.#otherRegion === undefined ? undefined : this.#client(this.#otherRegion, credential, there, oddField);
    return {
      incidents: new IncidentsApi(client),
      directory: new DirectoryApi(client),
      logEntries: new LogEntriesApi(client),
      probe: new ProbeApi({ client, otherRegion, credential }),
    };
  }

  /** Closes all sockets; what is under way fails. */
  async close(): Promise<void> {
    await Promise.all([this.#rest.close(), this.#eventsTransport.close(), this.#otherRegion?.close()]);
  }

  #client(transport: Upstream, credential: Credential, gate: CallGate, oddField?: OddFieldReport): PagerDutyClient {
    return new PagerDutyClient({ transport, credential, clock: this.#clock, random: this.#random, gate, oddField });
  }
}
