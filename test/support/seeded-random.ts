import { randomInt } from 'node:crypto';

/** Chance that can be had again: the same seed gives the same choices. */
export class SeededRandom {
  /** Another chance each time, for what a test does to processes; its output has the seed. `CHANCE_SEED` sets it. */
  static fresh(t: { comment(text: string): void }): SeededRandom {
    const seed = Number(process.env.CHANCE_SEED ?? randomInt(2 ** 31));
    t.comment(`CHANCE_SEED=${seed}`);
    return new SeededRandom(seed);
  }

  #state: number;

  constructor(seed: number) {
    // Neighbouring seeds would begin alike.
    this.#state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) >>> 0;
  }

  /** Between 0 and 1; mulberry32, https://github.com/cprosche/mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to below `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  /** Whether something happens that happens in this part of all cases. */
  chance(part: number): boolean {
    return this.next() < part;
  }

  /** One of a list. @throws {RangeError} for an empty one */
  pick<T>(list: readonly T[]): T {
    for (const one of list.slice(this.below(list.length))) return one;
    throw new RangeError('there is nothing to pick from');
  }
}
