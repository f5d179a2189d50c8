import type { Clock } from '../clock/clock.js';
import { TokenBucket } from '../limiter/token-bucket.js';

/** So many pages of a connection are held for callers who have not read them: a page may be some megabytes. */
const maxUnreadPages = 4;
/** A page waits no longer for one of those places: a caller who reads gives it back at once. */
const maxWaitMs = 2_000;
const periodMs = 60_000;

/** What hosts of one connection may use up by polling: polls, and memory for pages that they do not read. */
export class PollBudget {
  readonly #clock: Clock;
  readonly #polls: TokenBucket;
  #unread = 0;
  #refused = 0;
  /** Each is told that a place is its own; in the order in which they came. */
  readonly #waiting = new Set<() => void>();

  /** @param options.polls how many polls a connection may make at once, and in a minute from then on */
  constructor(options: { readonly polls: number; readonly clock: Clock }) {
    this.#clock = options.clock;
    this.#polls = new TokenBucket({ most: options.polls, periodMs, clock: options.clock });
  }

  /** Takes one poll. @returns 0 if there was one, else in how many milliseconds there is */
  takePoll(): number {
    const waitMs = this.#polls.take();
    if (waitMs > 0) this.#refused += 1;
    return waitMs;
  }

  /** Takes a place for a page, if one is free: `leavePage` gives it back. */
  tryEnterPage(): boolean {
    if (this.#unread >= maxUnreadPages) return false;
    this.#unread += 1;
    return true;
  }

  /** Waits for a place for a page. @returns false if there was none in time */
  enterPage(): Promise<boolean> {
    if (this.tryEnterPage()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const enter = () => {
        cancel();
        resolve(true);
      };
      const cancel = this.#clock.after(maxWaitMs, () => {
        this.#waiting.delete(enter);
        this.#refused += 1;
        resolve(false);
      });
      this.#waiting.add(enter);
    });
  }

  /** How many polls were refused since the last drain, for the log. */
  drainRefused(): number {
    const refused = this.#refused;
    this.#refused = 0;
    return refused;
  }

  /** A page was read, or nobody is there to read it any more. */
  leavePage(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#unread -= 1;
    else {
      // The place goes on to it.
      this.#waiting.delete(next);
      next();
    }
  }
}
