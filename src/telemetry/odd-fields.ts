import type { FastifyBaseLogger } from 'fastify';
import { LRUCache } from 'lru-cache';
import type { OddField } from '../pagerduty/record-reader.js';
import type { Metrics } from './metrics.js';

/** So many odd fields are remembered. */
const maxRemembered = 10_000;

/**
 * Counts and logs what PagerDuty sends and this service cannot read. Each record that is set aside counts once, although
 * polls read it again and again. A field without which records are read is logged once for all records of a connection:
 * all of them may have it.
 */
export function oddFieldReport(
  logger: FastifyBaseLogger,
  metrics: Metrics,
): (connectionId: string, odd: OddField) => void {
  const reported = new LRUCache<string, true>({ max: maxRemembered });
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
