/** Counts the calls of a connection that its limit refused, so that the log can tell of them in one line. */
export class Refusals {
  #count = 0;

  /** A call was refused. */
  note(): void {
    this.#count += 1;
  }

  /** How many were refused since this was asked last. */
  take(): number {
    const count = this.#count;
    this.#count = 0;
    return count;
  }
}
