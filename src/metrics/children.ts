/**
 * A metric's children by the values of its one or two labels. Each is looked up once and kept: a look-up by labels costs
 * more than the measurement. Whoever asks sees to it that the values are few.
 */
export class Children<C> {
  readonly #metric: { labels(...values: string[]): C };
  readonly #kept = new Map<string, Map<string | number | undefined, C>>();

  constructor(metric: { labels(...values: string[]): C }) {
    this.#metric = metric;
  }

  of(first: string, second?: string | number): C {
    const known = this.#kept.get(first);
    const child = known?.get(second);
    if (child !== undefined) return child;
    const made = second === undefined ? this.#metric.labels(first) : this.#metric.labels(first, String(second));
    if (known === undefined) this.#kept.set(first, new Map([[second, made]]));
    else known.set(second, made);
    return made;
  }
}
