import type { FastifyBaseLogger } from 'fastify';
import type { EngineObserver } from './engine/engine-observer.js';
import { ServiceError } from './errors/service-error.js';
import type { Metrics } from './metrics/metrics.js';

/** Tells logs and metrics what the engine does. */
export function engineReport(logger: FastifyBaseLogger, metrics: Metrics): EngineObserver {
  return {
    polled({ connection, durationMs, kinds, failure }) {
      metrics.poll(failure === undefined ? 'ok' : 'failed');
      for (const kind of kinds) metrics.event(kind);
      const line = { connection, durationMs, events: kinds.length };
      if (failure === undefined) logger.info(line, 'poll');
      else if (failure instanceof ServiceError) logger.warn({ ...line, code: failure.code }, 'poll failed');
      else logger.error({ ...line, err: failure }, 'poll failed');
    },
    recovered({ connection, readBackMs }) {
      metrics.recoveredCursor();
      logger.warn({ connection, readBackMs }, 'the event log behind a trigger state is gone: its host goes on by time');
    },
    restarted({ connection, reason }) {
      metrics.restartedCursor(reason);
      logger.warn({ connection, reason }, 'a trigger state could not be used: its host starts again from now');
    },
  };
}
