import type { FastifyBaseLogger } from 'fastify';
import { LRUCache } from 'lru-cache';
import type { EngineObserver } from '../engine/engine-options.js';
import { ServiceError } from '../errors/service-error.js';
import type { OddField } from '../pagerduty/record-reader.js';
import type { EngineMetrics, PollOutcome } from './engine-metrics.js';
import type { Metrics } from './metrics.js';

/** The outcome of a failed poll, by the error's code. Every other error is `failed`: it should not happen. */
const outcomes: ReadonlyMap<string, PollOutcome> = new Map([
  ['pagerduty_unauthorized', 'refused_key'],
  ['pagerduty_forbidden', 'forbidden'],
  ['pagerduty_plan_limit', 'forbidden'],
  ['pagerduty_rate_limited', 'rate_limited'],
  ['pagerduty_error', 'unavailable'],
  ['pagerduty_unavailable', 'unavailable'],
  ['pagerduty_unreachable', 'unavailable'],
  ['pagerduty_timeout', 'unavailable'],
  ['no_socket', 'unavailable'],
  ['store_unavailable', 'store_unavailable'],
]);

/** A log line names no more events than this. */
const maxNamedEvents = 20;
/** A line names so many incidents at most. */
const maxLoggedIds = 100;
/** So many odd fields are remembered. */
const maxRememberedFields = 10_000;

/** Logs and counts what the engine does. */
export function engineReport(logger: FastifyBaseLogger, metrics: EngineMetrics): EngineObserver {
  return {
    polled({ connectionId, durationMs, lagMs, findings, failure }) {
      const outcome = outcomeOf(failure);
      metrics.poll({ outcome, durationMs, lagMs });
      const { kinds = [], late = [], hasMore = false, failedNotes = 0 } = findings ?? {};
      for (const kind of kinds) metrics.event(kind);
      metrics.lateEvents(late.length);
      if (late.length > 0) {
        const named = { connection: connectionId, events: late.length, keys: late.slice(0, maxNamedEvents) };
        logger.warn(named, 'PagerDuty listed events late: they are delivered now');
      }
      const line = {
        connection: connectionId,
        outcome,
        durationMs: Math.round(durationMs),
        lagMs: Math.round(lagMs),
        events: kinds.length,
        ...(hasMore ? { hasMore } : {}),
        ...(failedNotes > 0 ? { failedNotes } : {}),
      };
      if (failure === undefined) logger.info(line, 'poll');
      else if (failure instanceof ServiceError) logger.warn({ ...line, error: failure.code }, 'poll failed');
      else logger.error({ ...line, err: failure }, 'poll failed');
    },
    clocksDiffer({ connectionId, dateAheadMs }) {
      metrics.clocksDiffer();
      logger.warn(
        { connection: connectionId, dateAheadMs },
        'the Date of PagerDuty’s answers and the clock of this machine differ: one of them, or a proxy between, is wrong',
      );
    },
    recovered({ connectionId, readBackMs }) {
      metrics.recoveredCursor();
      logger.warn(
        { connection: connectionId, readBackMs },
        'the event log behind a trigger state is gone: its host goes on by time',
      );
    },
    restarted({ connectionId, reason }) {
      metrics.restartedCursor(reason);
      logger.warn(
        { connection: connectionId, reason },
        'a trigger state could not be used: its host starts again from now',
      );
    },
    canary({ connectionId, hourMs, outcome, missingIds, failure }) {
      if (outcome !== undefined) metrics.checkedHour(outcome);
      metrics.missingIncidents(missingIds.length);
      const line = { connection: connectionId, hour: new Date(hourMs).toISOString() };
      if (outcome === 'failed') {
        const error = failure instanceof ServiceError ? { error: failure.code } : { err: failure };
        logger.warn({ ...line, ...error }, 'an hour could not be compared with the event log: it is tried again');
      }
      if (missingIds.length === 0) return;
      const incidents = missingIds.slice(0, maxLoggedIds);
      logger.error(
        { ...line, missing: missingIds.length, incidents },
        'incidents were missing in the event log: their creation is told late',
      );
    },
  };
}

/**
 * Counts and logs what PagerDuty sends and this service cannot read. Each record that is set aside counts once, although
 * polls read it again and again. A field without which records are read is logged once for all records of a connection:
 * all of them may have it.
 */
export function oddFieldReport(
  logger: FastifyBaseLogger,
  metrics: Metrics,
): (connectionId: string, odd: OddField) => void {
  const reported = new LRUCache<string, true>({ max: maxRememberedFields });
  return (connectionId, { record, id, field, isSetAside }) => {
    const place = field.replace(/\d+/g, '*');
    const name = `${connectionId} ${record} ${place} ${isSetAside ? `set aside ${id}` : ''}`;
    if (reported.get(name) === true) return;
    reported.set(name, true);
    const line = { connection: connectionId, record, recordId: id, field: field === '' ? '/' : field };
    if (isSetAside) {
      metrics.recordSetAside(record);
      logger.warn(line, 'a record of PagerDuty cannot be read: it is set aside');
    } else {
      logger.warn(line, 'a record of PagerDuty has an odd field: it is read without it');
    }
  };
}

function outcomeOf(failure: unknown): PollOutcome {
  if (failure === undefined) return 'ok';
  return (failure instanceof ServiceError ? outcomes.get(failure.code) : undefined) ?? 'failed';
}
