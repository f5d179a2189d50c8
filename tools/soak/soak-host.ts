import { setTimeout as delay } from 'node:timers/promises';
import Type from 'typebox';
import { Compile } from 'typebox/compile';

const Item = Type.Object({ id: Type.String() });
const page = Compile(
  Type.Object({ incidents: Type.Optional(Type.Array(Item)), notes: Type.Optional(Type.Array(Item)) }),
);
const retryMs = 500;

/**
 * A host that goes on whatever happens to the service: it follows `Location`, waits as long as `Retry-After` says, and
 * where no whole answer came, or a 5xx, it asks again from where it stands.
 */
export class SoakHost {
  readonly received: string[] = [];
  readonly kind: string;
  readonly subject: string | undefined;
  polls = 0;
  /** Polls without a whole answer, or answered with an error that passes. */
  failures = 0;
  readonly #key: string;
  #next: string;

  constructor(options: { url: string; key: string; kind: string; subject: string | undefined }) {
    this.kind = options.kind;
    this.subject = options.subject;
    this.#key = options.key;
    this.#next = options.url;
  }

  /** Polls until the signal aborts. @throws {Error} for an answer that the protocol does not have */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const waitMs = await this.poll();
      await delay(waitMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Polls once; gives the milliseconds to wait before the next poll. */
  async poll(): Promise<number> {
    this.polls += 1;
    const response = await fetch(this.#next, { headers: { 'x-api-key': this.#key } }).catch(() => undefined);
    // An answer that was cut is no answer.
    const body = await response?.text().catch(() => undefined);
    if (response === undefined || body === undefined || response.status >= 500 || response.status === 429) {
      this.failures += 1;
      return retryMs;
    }
    const location = response.headers.get('location');
    if ((response.status !== 200 && response.status !== 202) || location === null) {
      throw new Error(`The trigger answered ${response.status}: ${body}`);
    }
    this.#next = location;
    if (response.status === 200) {
      const { incidents = [], notes = [] } = page.Parse(JSON.parse(body));
      this.received.push(...[...incidents, ...notes].map(({ id }) => id));
    }
    return Number(response.headers.get('retry-after') ?? 1) * 1000;
  }
}
