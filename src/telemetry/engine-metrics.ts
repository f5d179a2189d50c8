import { Counter, Histogram, type Registry } from 'prom-client';
import type { EngineObserver, RestartReason } from '../engine/engine-options.js';
import { Instruments } from './instruments.js';

/** What a poll of PagerDuty comes to. */
const pollOutcomes = [
  'ok',
  'refused_key',
  'forbidden',
  'rate_limited',
  'unavailable',
  'store_unavailable',
  'failed',
] as const;

export type PollOutcome = (typeof pollOutcomes)[number];

const restartReasons: readonly RestartReason[] = ['unreadable', 'expired', 'other_account'];
type HourOutcome = NonNullable<Parameters<EngineObserver['canary']>[0]['outcome']>;
const hourOutcomes: readonly HourOutcome[] = ['complete', 'missing', 'failed'];

/**
 * Makes the metrics of the engine's polls, and of what becomes of hosts' states.
 * @param eventKinds every kind of event, so that each is counted from 0
 */
export function engineMetrics(registry: Registry, eventKinds: readonly string[]) {
  const instruments = new Instruments(registry);
  const polls = instruments.histogram(
    {
      name: 'connector_poll_duration_seconds',
      help: 'Time that a poll of PagerDuty took, the store included, by outcome.',
      labelNames: ['outcome'],
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    },
    pollOutcomes.map((outcome) => ({ outcome })),
  );
  const pollLag = new Histogram({
    name: 'connector_poll_lag_seconds',
    help: 'How long after it was due a poll of PagerDuty began; up to a second is normal.',
    buckets: [0.5, 1, 2.5, 5, 10, 30, 60, 120, 300],
    registers: [registry],
  });
  const events = instruments.counter(
    'connector_events_total',
    'Events that went into the event logs, by kind.',
    'kind',
    eventKinds,
  );
  const restarts = instruments.counter(
    'connector_restarted_cursors_total',
    'Trigger states that could not be used, so that their host started again from now, by reason.',
    'reason',
    restartReasons,
  );
  const recoveries = new Counter({
    name: 'connector_recovered_cursors_total',
    help: 'Trigger states whose event log was gone, so that their host went on from their time.',
    registers: [registry],
  });
  const lateEvents = new Counter({
    name: 'connector_late_events_total',
    help: 'Events that PagerDuty listed more than two minutes late; they are among connector_events_total.',
    registers: [registry],
  });
  const clocksDiffer = new Counter({
    name: 'connector_clocks_differ_total',
    help: 'How often the Date of PagerDuty’s answers began to differ by more than a minute from this machine’s clock.',
    registers: [registry],
  });
  const checkedHours = instruments.counter(
    'connector_checked_hours_total',
    'Closed hours of connections whose incidents, as PagerDuty lists them, were compared with the event log: complete, missing (some were not in it) and failed (to be tried again).',
    'outcome',
    hourOutcomes,
  );
  const missingIncidents = new Counter({
    name: 'connector_missing_incidents_total',
    help: 'Incidents of closed hours that were not in the event log, and were told late.',
    registers: [registry],
  });

  return {
    poll(poll: { readonly outcome: PollOutcome; readonly durationMs: number; readonly lagMs: number }): void {
      polls.of(poll.outcome).observe(poll.durationMs / 1000);
      pollLag.observe(poll.lagMs / 1000);
    },
    event(kind: string): void {
      events.of(kind).inc();
    },
    lateEvents(count: number): void {
      lateEvents.inc(count);
    },
    clocksDiffer(): void {
      clocksDiffer.inc();
    },
    recoveredCursor(): void {
      recoveries.inc();
    },
    restartedCursor(reason: RestartReason): void {
      restarts.of(reason).inc();
    },
    checkedHour(outcome: HourOutcome): void {
      checkedHours.of(outcome).inc();
    },
    missingIncidents(incidents: number): void {
      missingIncidents.inc(incidents);
    },
  };
}

export type EngineMetrics = ReturnType<typeof engineMetrics>;
