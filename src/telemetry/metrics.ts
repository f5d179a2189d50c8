import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { UnknownKeyEvent } from '../connection/unknown-keys.js';
import { clientErrorCodes } from '../errors/error-answer.js';
import { type RecordKind, recordKinds } from '../pagerduty/record-reader.js';
import type { CallReport } from '../pagerduty/transport.js';
import { type EngineMetrics, engineMetrics } from './engine-metrics.js';
import { Instruments, type StateReaders, stateGauges } from './instruments.js';

const unknownKeyEvents: readonly UnknownKeyEvent[] = ['refused_by_pagerduty', 'remembered', 'too_many'];

/** The service's metrics. No label ever holds an identity or a value that callers choose. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #instruments = new Instruments(this.#registry);
  readonly #requests = this.#instruments.histogram({
    name: 'connector_request_duration_seconds',
    help: 'Time to answer a request, by operation and status; status 499 if the caller left before the answer.',
    labelNames: ['operation', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  });
  readonly #unreadable = this.#instruments.counter(
    'connector_unreadable_requests_total',
    'What was no HTTP, or too large or too slow to be read as a request, by error.',
    'error',
    clientErrorCodes,
  );
  readonly #upstream = this.#instruments.histogram({
    name: 'connector_upstream_duration_seconds',
    help: 'Time PagerDuty took to answer, by endpoint and outcome: a status, timeout, unreachable, too_large, or not_sent if no socket was free for long.',
    labelNames: ['endpoint', 'outcome'],
    buckets: [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  });
  readonly #recordsSetAside = this.#instruments.counter(
    'connector_records_set_aside_total',
    'Records of PagerDuty that could not be read, so that they are left out, by kind. One that is read again counts once.',
    'record',
    recordKinds,
  );
  readonly #pages = this.#instruments.counter(
    'connector_pages_served_total',
    'Answers to hosts that had events, by trigger. A page that is asked for again counts again.',
    'trigger',
  );
  readonly #eventsServed = this.#instruments.counter(
    'connector_events_served_total',
    'Events in the pages served to hosts, by trigger.',
    'trigger',
  );
  readonly #limiter = this.#instruments.counter(
    'connector_limiter_decisions_total',
    'Calls that the limit of a connection granted or refused.',
    'decision',
    ['granted', 'refused'],
  );
  readonly #refusedPolls = this.#instruments.counter(
    'connector_refused_polls_total',
    'Polls of hosts that were refused, by reason: too_many in a minute, or unread_pages of the connection.',
    'reason',
    ['too_many', 'unread_pages'],
  );
  readonly #unknownKeys = this.#instruments.counter(
    'connector_unknown_keys_total',
    'Calls with an API key or an integration key that PagerDuty has not accepted: refused_by_pagerduty, remembered (refused again without asking PagerDuty) and too_many (not let out, as too many such keys fail).',
    'event',
    unknownKeyEvents,
  );
  readonly #store = new Gauge({
    name: 'connector_store_info',
    help: 'Always 1; the label says which store is in use: sqlite is embedded, redis is shared by replicas.',
    labelNames: ['store'],
    registers: [this.#registry],
  });
  readonly #storeOperations = this.#instruments.histogram({
    name: 'connector_store_duration_seconds',
    help: 'Time that an operation on the event store took, by operation.',
    labelNames: ['operation'],
    buckets: [0.0001, 0.00025, 0.001, 0.0025, 0.01, 0.025, 0.1, 0.25, 1, 5],
  });
  readonly #storeFailures = this.#instruments.counter(
    'connector_store_failures_total',
    'Operations on the event store that failed, by operation.',
    'operation',
  );

  /** Of the engine: its observer counts with them. */
  readonly engine: EngineMetrics;

  /** @param options.eventKinds every kind of event, so that each is counted from 0 */
  constructor(options: { readonly eventKinds: readonly string[] }) {
    this.engine = engineMetrics(this.#registry, options.eventKinds);
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
    this.#requests.of(operation, status).observe(durationMs / 1000);
  }

  /** Bytes came that could not be read as a request. */
  unreadableRequest(error: string): void {
    this.#unreadable.of(error).inc();
  }

  upstreamCall({ endpoint, outcome, durationMs }: CallReport): void {
    this.#upstream.of(endpoint, outcome).observe(durationMs / 1000);
  }

  recordSetAside(record: RecordKind): void {
    this.#recordsSetAside.of(record).inc();
  }

  limiterDecision(decision: 'granted' | 'refused'): void {
    this.#limiter.of(decision).inc();
  }

  pollRefused(reason: 'too_many' | 'unread_pages'): void {
    this.#refusedPolls.of(reason).inc();
  }

  unknownKey(event: UnknownKeyEvent): void {
    this.#unknownKeys.of(event).inc();
  }

  storeInUse(store: 'sqlite' | 'redis'): void {
    this.#store.set({ store }, 1);
  }

  /** The measurements of one operation of the store; its failures are counted from 0 on. */
  storeOperation(operation: string): { took(durationMs: number): void; failed(): void } {
    const duration = this.#storeOperations.of(operation);
    const failures = this.#storeFailures.of(operation);
    failures.inc(0);
    return { took: (durationMs) => duration.observe(durationMs / 1000), failed: () => failures.inc() };
  }

  /** The counter of one trigger's pages, from 0 on; it is told how many events a page has. */
  pagesOf(trigger: string): (events: number) => void {
    const pages = this.#pages.of(trigger);
    const eventsServed = this.#eventsServed.of(trigger);
    pages.inc(0);
    eventsServed.inc(0);
    return (events) => {
      pages.inc();
      eventsServed.inc(events);
    };
  }

  /** Adds the gauges of states. To be called once. */
  read(states: StateReaders): void {
    stateGauges(this.#registry, states);
  }
}
