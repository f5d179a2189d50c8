import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** The service's metrics. No label ever holds an identity or a value that callers choose. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests = new Histogram({
    name: 'connector_request_duration_seconds',
    help: 'Time to answer a request, by operation and status.',
    labelNames: ['operation', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [this.#registry],
  });
  readonly #requestChildren = new Map<string, { observe(seconds: number): void }>();
  readonly #upstream = new Histogram({
    name: 'connector_upstream_duration_seconds',
    help: 'Time PagerDuty took to answer, by endpoint and outcome.',
    labelNames: ['endpoint', 'outcome'],
    buckets: [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [this.#registry],
  });
  readonly #polls = new Counter({
    name: 'connector_polls_total',
    help: 'Polls of PagerDuty by the trigger engine, by outcome.',
    labelNames: ['outcome'],
    registers: [this.#registry],
  });
  readonly #events = new Counter({
    name: 'connector_events_total',
    help: 'Events that went into the event logs, by kind.',
    labelNames: ['kind'],
    registers: [this.#registry],
  });
  readonly #restarts = new Counter({
    name: 'connector_restarted_cursors_total',
    help: 'Trigger states that could not be used, so that their host started again from now, by reason.',
    labelNames: ['reason'],
    registers: [this.#registry],
  });

  readonly #recoveries = new Counter({
    name: 'connector_recovered_cursors_total',
    help: 'Trigger states whose event log was gone, so that their host went on from their time.',
    registers: [this.#registry],
  });
  readonly #limiter = new Counter({
    name: 'connector_limiter_decisions_total',
    help: 'Calls that the limit of a connection granted or refused.',
    labelNames: ['decision'],
    registers: [this.#registry],
  });

  readonly #store = new Gauge({
    name: 'connector_store_info',
    help: 'Always 1; the label says which store is in use: sqlite is embedded, redis is shared by replicas.',
    labelNames: ['store'],
    registers: [this.#registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All metrics in Prometheus' text format. */
  render(): Promise<string> {
    return this.#registry.metrics();
  }

  request(operation: string, status: number, durationMs: number): void {
    // The children are kept: looking one up by its labels costs more than the observation.
    const name = `${operation} ${status}`;
    const child = this.#requestChildren.get(name) ?? this.#requests.labels(operation, String(status));
    this.#requestChildren.set(name, child);
    child.observe(durationMs / 1000);
  }

  upstreamCall(endpoint: string, outcome: string, durationMs: number): void {
    this.#upstream.observe({ endpoint, outcome }, durationMs / 1000);
  }

  limiterDecision(decision: 'granted' | 'refused'): void {
    this.#limiter.inc({ decision });
  }

  storeInUse(store: 'sqlite' | 'redis'): void {
    this.#store.set({ store }, 1);
  }

  poll(outcome: 'ok' | 'failed'): void {
    this.#polls.inc({ outcome });
  }

  event(kind: string): void {
    this.#events.inc({ kind });
  }

  recoveredCursor(): void {
    this.#recoveries.inc();
  }

  restartedCursor(reason: string): void {
    this.#restarts.inc({ reason });
  }
}
