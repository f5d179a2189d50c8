import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** States that are read each time the metrics are rendered. */
export interface StateReaders {
  /** Connections in memory. */
  readonly connections: () => number;
  /** Connections that are polled in the background. */
  readonly polledConnections: () => number;
  /** Bytes of lists behind dropdowns that are kept. */
  readonly listedBytes: () => number;
  /** Background polls that have taken long, and go on. */
  readonly slowPolls: () => number;
  /** Sockets of callers that are open. */
  readonly openSockets: () => Promise<number>;
  /** Whether the last operation of each part of the backend succeeded. */
  readonly backend: Readonly<Record<string, () => boolean>>;
}

/** Makes a gauge of each state. */
export function stateGauges(registry: Registry, states: StateReaders): void {
  const gauge = (name: string, help: string, read: () => number | Promise<number>) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        this.set(await read());
      },
    });
  gauge('connector_connections', 'Connections in memory: API keys used within the last hour.', states.connections);
  gauge('connector_polled_connections', 'Connections polled in the background.', states.polledConnections);
  gauge(
    'connector_slow_polls',
    'Background polls of PagerDuty that have taken two seconds, and go on.',
    states.slowPolls,
  );
  gauge('connector_listed_bytes', 'Bytes of lists behind dropdowns in memory, at most 64 MiB.', states.listedBytes);
  gauge('connector_open_sockets', 'Sockets of callers that are open.', states.openSockets);
  new Gauge({
    name: 'connector_backend_up',
    help: 'By part: store, 1 if its last operation succeeded; redis, 1 while it is connected.',
    labelNames: ['part'],
    registers: [registry],
    collect() {
      for (const [part, isUp] of Object.entries(states.backend)) this.set({ part }, isUp() ? 1 : 0);
    },
  });
}

/** Makes instruments of a registry. */
export class Instruments {
  readonly #registry: Registry;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** @param known values of the label that are counted from 0 on, rather than from their first time on */
  counter(name: string, help: string, label: string, known: readonly string[] = []): Children<Counter.Internal> {
    const counter = new Counter({ name, help, labelNames: [label], registers: [this.#registry] });
    for (const value of known) counter.inc({ [label]: value }, 0);
    return new Children(counter);
  }

  /** @param known labels that are there from 0 on, rather than from their first time on */
  histogram<L extends string>(
    config: { name: string; help: string; labelNames: L[]; buckets: number[] },
    known: readonly Readonly<Record<L, string>>[] = [],
  ): Children<Histogram.Internal<L>> {
    const histogram = new Histogram({ ...config, registers: [this.#registry] });
    for (const labels of known) histogram.zero(labels);
    return new Children(histogram);
  }
}

/**
 * A metric's children by the values of its one or two labels. Each is looked up once and kept: without, `npm run bench --
 * poll` makes 7 % fewer polls. Whoever asks sees to it that the values are few.
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
