import { setTimeout as delay } from 'node:timers/promises';
import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';

const Page = Type.Object({
  incidents: Type.Array(
    Type.Object({ id: Type.String(), incident_number: Type.Number(), summary: Type.String(), status: Type.String() }),
  ),
});
const page = Compile(Page);

/** An incident as the host receives it. */
export type ReceivedIncident = Static<typeof Page>['incidents'][number];

/**
 * Polls a trigger as a flow designer's runtime does: it follows `Location`, waits as long as `Retry-After` says, and
 * starts a run for each incident of a 200. It knows nothing of the service but its URL and the key.
 */
export class FlowHost {
  readonly received: ReceivedIncident[] = [];
  polls = 0;
  readonly #key: string;
  readonly #onReceived: (incident: ReceivedIncident) => void;
  readonly #onRegistered: () => void;
  #next: string;

  constructor(options: {
    /** The trigger's URL, without a state. */
    url: string;
    key: string;
    onRegistered: () => void;
    onReceived: (incident: ReceivedIncident) => void;
  }) {
    this.#next = options.url;
    this.#key = options.key;
    this.#onRegistered = options.onRegistered;
    this.#onReceived = options.onReceived;
  }

  /** Polls until the signal aborts. @throws {Error} for an answer that the protocol does not have */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const retryAfterSeconds = await this.poll();
      await delay(retryAfterSeconds * 1000, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Polls once; gives the seconds to wait before the next poll. */
  async poll(): Promise<number> {
    const response = await fetch(this.#next, { headers: { 'x-api-key': this.#key } });
    this.polls += 1;
    const location = response.headers.get('location');
    if ((response.status !== 200 && response.status !== 202) || location === null) {
      throw new Error(`The trigger answered ${response.status}: ${await response.text()}`);
    }
    if (this.polls === 1) this.#onRegistered();
    this.#next = location;
    if (response.status === 200) {
      for (const incident of page.Parse(await response.json()).incidents) {
        this.received.push(incident);
        this.#onReceived(incident);
      }
    }
    return Number(response.headers.get('retry-after') ?? 1);
  }
}
