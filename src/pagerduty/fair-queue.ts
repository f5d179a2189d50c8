import type { Clock } from '../clock/clock.js';

/** A sender has no more under way than this, however many places are free. */
const maxEach = 8;
/** Nor more than this part of the places that are free: so many slow senders leave places to others. */
const shareOfFree = 1 / 4;

/**
 * Hands out places to senders, so that no sender, and no few of them, can have all. What finds no place waits for one,
 * for a bounded time. Senders that wait take turns, each in its own order.
 */
export class FairQueue {
  readonly #clock: Pick<Clock, 'after'>;
  readonly #maxWaitMs: number;
  #free: number;
  readonly #underWay = new Map<string, number>();
  /** The sender whose turn is next comes first. A set of one sender is never empty. */
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(options: { readonly places: number; readonly maxWaitMs: number; readonly clock: Pick<Clock, 'after'> }) {
    this.#free = options.places;
    this.#maxWaitMs = options.maxWaitMs;
    this.#clock = options.clock;
  }

  /** Takes a place, at once or after a wait. @returns false if none was there in time; else `leave` gives it back */
  enter(sender: string): Promise<boolean> {
    if (this.#mayEnter(sender)) {
      this.#take(sender);
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const enter = () => {
        cancel();
        this.#take(sender);
        resolve(true);
      };
      const cancel = this.#clock.after(this.#maxWaitMs, () => {
        this.#forget(sender, enter);
        resolve(false);
      });
      const own = this.#waiting.get(sender) ?? new Set();
      this.#waiting.set(sender, own.add(enter));
    });
  }

  /** Gives a place back. */
  leave(sender: string): void {
    const left = (this.#underWay.get(sender) ?? 0) - 1;
    if (left > 0) this.#underWay.set(sender, left);
    else this.#underWay.delete(sender);
    this.#free += 1;
    this.#fill();
  }

  #mayEnter(sender: string): boolean {
    return (this.#underWay.get(sender) ?? 0) < Math.min(maxEach, Math.ceil(this.#free * shareOfFree));
  }

  #take(sender: string): void {
    this.#free -= 1;
    this.#underWay.set(sender, (this.#underWay.get(sender) ?? 0) + 1);
  }

  #fill(): void {
    // It ends soon: of those that wait, only senders with something under way may not enter a free place.
    for (const [sender, own] of this.#waiting) {
      if (this.#free === 0) return;
      const [enter] = own;
      if (enter === undefined || !this.#mayEnter(sender)) continue;
      this.#waiting.delete(sender);
      own.delete(enter);
      // At the end it is looked at again, if there still is a place.
      if (own.size > 0) this.#waiting.set(sender, own);
      enter();
    }
  }

  #forget(sender: string, enter: () => void): void {
    const own = this.#waiting.get(sender);
    own?.delete(enter);
    if (own?.size === 0) this.#waiting.delete(sender);
  }
}
