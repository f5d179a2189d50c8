import Type from 'typebox';
import { Compile } from 'typebox/compile';

const Item = Type.Object({ id: Type.String() });
const page = Compile(
  Type.Object({ incidents: Type.Optional(Type.Array(Item)), notes: Type.Optional(Type.Array(Item)) }),
);

/** A host over HTTP that follows one trigger's `Location`, and keeps the ids of what it gets, in order. */
export class TriggerFollower {
  readonly received: string[] = [];
  readonly #key: string;
  readonly #rebase: (url: string) => string;
  #next: string;

  /** @param rebase the URL to send a poll to instead: another replica's, say */
  constructor(url: string, key: string, rebase: (url: string) => string = (same) => same) {
    this.#next = url;
    this.#key = key;
    this.#rebase = rebase;
  }

  /** Polls until nothing more waits. Where the service fails or is gone, the host keeps its state and asks again later. */
  async poll(): Promise<void> {
    for (;;) {
      const response = await fetch(this.#rebase(this.#next), { headers: { 'x-api-key': this.#key } }).catch(
        () => undefined,
      );
      // An answer that was cut is no answer.
      const body = await response?.text().catch(() => undefined);
      if (response === undefined || body === undefined || response.status >= 500) return;
      const location = response.headers.get('location');
      if (location === null) throw new Error(`The trigger answered ${response.status} without a Location: ${body}`);
      this.#next = location;
      if (response.status !== 200) return;
      const { incidents = [], notes = [] } = page.Parse(JSON.parse(body));
      this.received.push(...[...incidents, ...notes].map(({ id }) => id));
      if (response.headers.get('retry-after') !== '0') return;
    }
  }
}
