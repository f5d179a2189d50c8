import { setTimeout as delay } from 'node:timers/promises';
import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';

const Item = Type.Object({
  id: Type.String(),
  summary: Type.Optional(Type.String()),
  status: Type.Optional(Type.String()),
});
const pageOf = Compile(
  Type.Object({ incidents: Type.Optional(Type.Array(Item)), notes: Type.Optional(Type.Array(Item)) }),
);

/** An incident or a note, as far as every trigger answers it. */
export type TriggerItem = Static<typeof Item>;

/** What one poll came to. */
export interface Poll {
  /** What was asked. */
  readonly url: string;
  /** `page`: 200 with items. `empty`: 202. `failed`: no whole answer, or an error that passes. */
  readonly outcome: 'page' | 'empty' | 'failed';
  readonly items: readonly TriggerItem[];
  /** The whole body of a page. */
  readonly body: unknown;
  /** What `Retry-After` says. */
  readonly retryAfterSeconds: number | undefined;
}

/** How a follower asks, and how long it waits. */
export interface FollowerOptions {
  /** The trigger's URL, without a state. */
  readonly url: string;
  /** Sent as `X-API-Key`. */
  readonly key: string;
  /** Sends a poll. Default: the global `fetch`. */
  readonly fetch?: typeof fetch;
  readonly sleep?: (durationMs: number, signal: AbortSignal) => Promise<unknown>;
  /** Which errors pass, so that the same URL is asked again. Default: from 500. */
  readonly passes?: (status: number) => boolean;
  /** How long to wait after a poll. Default: as `Retry-After` says, else a second; half a second after a failure. */
  readonly waitMs?: (poll: Poll) => number;
}

/**
 * Polls a trigger as flow designers' runtimes do: it follows `Location`, waits as long as `Retry-After` says, and asks
 * again from its position if the service fails or is gone. It knows nothing of the service but a URL and a key.
 */
export class TriggerFollower {
  /** The ids of everything that came, in order. */
  readonly received: string[] = [];
  polls = 0;
  /** Polls without a whole answer, or answered with an error that passes. */
  failures = 0;
  readonly #options: Required<FollowerOptions>;
  #next: string;

  constructor(options: FollowerOptions) {
    this.#options = { fetch, sleep, passes: (status) => status >= 500, waitMs: usualWaitMs, ...options };
    this.#next = options.url;
  }

  /** Polls, hands each poll to `then`, and waits, until the signal aborts. @throws {Error} as `poll` does */
  async run(signal: AbortSignal, then: (poll: Poll) => unknown = () => undefined): Promise<void> {
    while (!signal.aborted) {
      const poll = await this.poll();
      await then(poll);
      await this.#options.sleep(this.#options.waitMs(poll), signal).catch(() => undefined);
    }
  }

  /** Polls until nothing more waits, or the service fails. @throws {Error} as `poll` does */
  async catchUp(): Promise<void> {
    for (;;) {
      const { outcome, retryAfterSeconds } = await this.poll();
      if (outcome !== 'page' || retryAfterSeconds !== 0) return;
    }
  }

  /** Polls once. @throws {Error} for an answer that the protocol does not have */
  async poll(): Promise<Poll> {
    this.polls += 1;
    const url = this.#next;
    const nothing = { url, items: [], body: undefined, retryAfterSeconds: undefined };
    const response = await this.#options.fetch(url, { headers: { 'x-api-key': this.#options.key } }).catch(() => null);
    // An answer that was cut is no answer.
    const text = await response?.text().catch(() => undefined);
    if (!response || text === undefined || this.#options.passes(response.status)) {
      this.failures += 1;
      return { ...nothing, outcome: 'failed' };
    }
    const location = response.headers.get('location');
    if ((response.status !== 200 && response.status !== 202) || location === null) {
      throw new Error(`The trigger answered ${response.status} with Location ${location}: ${text}`);
    }
    const retryAfter = response.headers.get('retry-after');
    const retryAfterSeconds = retryAfter === null ? undefined : Number(retryAfter);
    if (response.status === 202) {
      this.#next = location;
      return { ...nothing, outcome: 'empty', retryAfterSeconds };
    }
    const body: unknown = JSON.parse(text);
    const { incidents = [], notes = [] } = pageOf.Parse(body);
    const items = [...incidents, ...notes];
    this.#next = location;
    this.received.push(...items.map(({ id }) => id));
    return { url, outcome: 'page', items, body, retryAfterSeconds };
  }
}

function usualWaitMs({ outcome, retryAfterSeconds = 1 }: Poll): number {
  return outcome === 'failed' ? 500 : retryAfterSeconds * 1000;
}

function sleep(durationMs: number, signal: AbortSignal): Promise<unknown> {
  return delay(durationMs, undefined, { signal });
}
