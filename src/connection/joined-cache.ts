import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock/clock.js';

/** Answers kept for a short while; whoever asks for one that is being fetched waits for the same fetch. */
export class JoinedCache<T extends object> {
  readonly #answers: LRUCache<string, Promise<T>>;

  constructor(options: { clock: Clock; ttlMs: number; mostAnswers: number }) {
    this.#answers = new LRUCache({
      max: options.mostAnswers,
      ttl: options.ttlMs,
      ttlResolution: 0,
      perf: { now: () => options.clock.now() },
    });
  }

  /** The answer under `key`: remembered, being fetched, or fetched now. A failure is told to all and not kept. */
  get(key: string, fetch: () => Promise<T>): Promise<T> {
    const known = this.#answers.get(key);
    if (known !== undefined) return known;
    const answer = fetch();
    this.#answers.set(key, answer);
    answer.catch(() => {
      if (this.#answers.peek(key) === answer) this.#answers.delete(key);
    });
    return answer;
  }

  /** Forgets what is too old. */
  purge(): void {
    this.#answers.purgeStale();
  }
}
