import type { LRUCache } from 'lru-cache';
import { type Clock, ttlCache } from '../clock/clock.js';
import { ServiceError } from '../errors/service-error.js';
import type { CallLimit } from '../limiter/call-limiter.js';
import { LocalCallLimiter } from '../limiter/local-call-limiter.js';

interface SenderLimit {
  readonly limiter: LocalCallLimiter;
  /** How many events were refused since that was last reported. */
  refused: number;
}

/** Limits the events of each sender. It is bounded, knows senders by fingerprint, and forgets idle ones. */
export class SenderLimits {
  readonly #limit: CallLimit;
  readonly #clock: Clock;
  readonly #decided: (decision: 'granted' | 'refused') => void;
  readonly #senders: LRUCache<string, SenderLimit>;

  constructor(options: {
    limit: CallLimit;
    clock: Clock;
    /** Is told of every decision. */
    decided: (decision: 'granted' | 'refused') => void;
    maxSenders: number;
  }) {
    this.#limit = options.limit;
    this.#clock = options.clock;
    this.#decided = options.decided;
    this.#senders = ttlCache(options.clock, {
      max: options.maxSenders,
      // A sender that was forgotten within its window would begin with all of its events.
      ttlMs: 2 * options.limit.windowMs,
      updateAgeOnGet: true,
      dispose: ({ limiter }) => void limiter.close(),
    });
  }

  /**
   * Takes one of a sender's events.
   * @throws {ServiceError} `rate_limited`, 429, if there is none left
   */
  async take(fingerprint: string): Promise<void> {
    const sender = this.#open(fingerprint);
    const decision = await sender.limiter.take();
    if (decision.granted) this.#decided('granted');
    else this.#refuse(sender, decision.retryAfterMs);
  }

  /**
   * Refuses a sender that has no event left, and takes none.
   * @throws {ServiceError} `rate_limited`, 429
   */
  refuseExhausted(fingerprint: string): void {
    const sender = this.#senders.get(fingerprint);
    const status = sender?.limiter.status();
    if (sender !== undefined && status?.remaining === 0) this.#refuse(sender, status.resetMs);
  }

  /** Forgets senders that have been idle for long. To be called now and then. */
  sweep(): void {
    this.#senders.purgeStale();
  }

  /** How many events of which sender were refused since this was asked last. */
  drainRefusals(): readonly { readonly connection: string; readonly refused: number }[] {
    const senders = [...this.#senders.entries()].filter(([, { refused }]) => refused > 0);
    return senders.map(([connection, sender]) => {
      const { refused } = sender;
      sender.refused = 0;
      return { connection, refused };
    });
  }

  /** Forgets all senders. */
  async close(): Promise<void> {
    await Promise.all([...this.#senders.values()].map(({ limiter }) => limiter.close()));
    this.#senders.clear();
  }

  #open(fingerprint: string): SenderLimit {
    const known = this.#senders.get(fingerprint);
    if (known !== undefined) return known;
    const limiter = new LocalCallLimiter({ limit: this.#limit, clock: this.#clock });
    const sender = { limiter, refused: 0 };
    this.#senders.set(fingerprint, sender);
    return sender;
  }

  #refuse(sender: SenderLimit, retryAfterMs: number): never {
    this.#decided('refused');
    sender.refused += 1;
    const { calls, windowMs } = this.#limit;
    throw new ServiceError({
      code: 'rate_limited',
      statusCode: 429,
      message: `You are making too many requests: this integration key has sent its ${calls} events in ${windowMs / 1000} seconds. Wait for the time in Retry-After, or use the keys of several integrations.`,
      retryAfterMs,
    });
  }
}
