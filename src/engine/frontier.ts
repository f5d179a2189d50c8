/**
 * A time, by PagerDuty's clock, before which nothing is missing: to the left of it everything has been handed over. What
 * moves one is evidence, never a clock: few functions make one, and none sets it back.
 *
 * - `Frontier.at` takes up one that was written down, in a header or in a host's cursor, or a log's start.
 * - `afterSlice` moves a log's frontier: a slice of the past was read to its end, and committed.
 * - `afterPage` moves a host's: a page of the log was handed over.
 */
export class Frontier {
  readonly #ms: number;

  private constructor(ms: number) {
    this.#ms = ms;
  }

  /** Takes up a frontier as it was, or begins one. */
  static at(ms: number): Frontier {
    return new Frontier(ms);
  }

  get ms(): number {
    return this.#ms;
  }

  /**
   * Behind a slice that was read to its end.
   * @param slice it must begin at or before the frontier: a gap in front of it would be passed over
   */
  afterSlice(slice: { readonly fromMs: number; readonly readToMs: number }): Frontier {
    if (slice.fromMs > this.#ms) {
      throw new Error(`expected a slice from ${this.#ms} or before, got one from ${slice.fromMs}`);
    }
    return this.#later(slice.readToMs);
  }

  /** Behind a page that a host got. @param wholeToMs the host has all of the log that happened before this */
  afterPage(wholeToMs: number): Frontier {
    return this.#later(wholeToMs);
  }

  #later(ms: number): Frontier {
    return ms > this.#ms ? new Frontier(ms) : this;
  }
}
