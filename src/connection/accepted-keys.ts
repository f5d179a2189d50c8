import type { LRUCache } from 'lru-cache';
import { type Clock, ttlCache } from '../clock/clock.js';
import { ServiceError } from '../errors/service-error.js';

/** So many are known without asking; others are asked for. */
const maxKnown = 50_000;
const knownForMs = 3_600_000;
/** A key that is used all the time is written down this often. */
const maxRefreshMs = 86_400_000;

/** Where accepted keys are remembered, by their ids, which are hashes, for `EVENT_RETENTION_HOURS`: an event store. */
export interface KeyMemory {
  isAccepted(id: string): Promise<boolean>;
  rememberAccepted(id: string): Promise<void>;
}

/**
 * The keys that PagerDuty has accepted lately. They are remembered over restarts, by all replicas: an hour without a
 * call makes nobody a stranger. If the memory fails, a key is one that is not known yet, and that is all.
 */
export class AcceptedKeys {
  readonly #memory: KeyMemory;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #refreshMs: number;
  readonly #known: LRUCache<string, { rememberedAtMs: number }>;
  readonly #writing = new Set<Promise<void>>();

  constructor(options: { readonly memory: KeyMemory; readonly clock: Clock; readonly keepMs: number }) {
    this.#memory = options.memory;
    this.#clock = options.clock;
    this.#refreshMs = Math.min(maxRefreshMs, options.keepMs / 4);
    this.#known = ttlCache(options.clock, { max: maxKnown, ttlMs: knownForMs, updateAgeOnGet: true });
  }

  /** Whether PagerDuty has accepted the key with this id lately. */
  async has(id: string): Promise<boolean> {
    if (this.#known.get(id) !== undefined) return true;
    const isAccepted = await this.#memory.isAccepted(id).catch(falseIfUnavailable);
    if (isAccepted && !this.#known.has(id)) this.#known.set(id, { rememberedAtMs: Number.NEGATIVE_INFINITY });
    return isAccepted;
  }

  /** PagerDuty has accepted the key. It is written down if that was long ago, and nobody waits for it. */
  add(id: string): void {
    const known = this.#known.get(id) ?? { rememberedAtMs: Number.NEGATIVE_INFINITY };
    const nowMs = this.#clock.monotonic();
    if (nowMs - known.rememberedAtMs < this.#refreshMs) return;
    this.#known.set(id, { rememberedAtMs: nowMs });
    const writing = this.#memory
      .rememberAccepted(id)
      .catch(falseIfUnavailable)
      .then(() => {
        this.#writing.delete(writing);
      });
    this.#writing.add(writing);
  }

  /** Waits until everything is written. */
  async idle(): Promise<void> {
    await Promise.all(this.#writing);
  }
}

function falseIfUnavailable(error: unknown): false {
  if (error instanceof ServiceError) return false;
  throw error;
}
