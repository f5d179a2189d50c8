import t from 'tap';
import { StoreUnavailableError } from '../../src/engine/event-store.js';
import {
  PagerDutyInvalidResponseError,
  PagerDutyResponseError,
  PagerDutyTimeoutError,
  PagerDutyUnreachableError,
} from '../../src/pagerduty/errors.js';
import type { OddField } from '../../src/pagerduty/record-reader.js';
import { Metrics } from '../../src/telemetry/metrics.js';
import { engineReport, oddFieldReport } from '../../src/telemetry/reports.js';
import { logLines } from '../support/log-lines.js';
import { metricOf, readMetrics } from '../support/read-metrics.js';

const answered = (status: number) => new PagerDutyResponseError(status, { errors: [] }, undefined);
const connectionId = 'f1a9b3c5d7e90123';
const poll = { connectionId, durationMs: 250, lagMs: 1_500 };
const findings = { kinds: [], late: [], failedNotes: 0, hasMore: false, dateMs: undefined };

function newEngineReport() {
  const log = logLines('info');
  const metrics = new Metrics({ eventKinds: ['created', 'resolved'] });
  const report = engineReport(log.logger, metrics.engine);
  return { log, report, samples: async () => readMetrics(await metrics.render()) };
}

t.test('a poll is one line, and counted with its duration, its lag and its events', async (t) => {
  const { log, report, samples } = newEngineReport();
  t.equal(metricOf(await samples(), 'connector_poll_duration_seconds_count', { outcome: 'ok' }), 0, 'from 0 on');
  report.polled({ ...poll, findings: { ...findings, kinds: ['created', 'created'] } });
  t.match(log.entries('poll'), [
    { level: 30, connection: connectionId, durationMs: 250, lagMs: 1_500, kinds: undefined, outcome: 'ok', events: 2 },
  ]);
  t.equal(log.lines.length, 1);
  const counted = await samples();
  t.equal(metricOf(counted, 'connector_poll_duration_seconds_count', { outcome: 'ok' }), 1);
  t.equal(metricOf(counted, 'connector_poll_duration_seconds_sum', { outcome: 'ok' }), 0.25);
  t.equal(metricOf(counted, 'connector_poll_lag_seconds_count'), 1);
  t.equal(metricOf(counted, 'connector_poll_lag_seconds_sum'), 1.5);
  t.equal(metricOf(counted, 'connector_events_total', { kind: 'created' }), 2);
  t.equal(metricOf(counted, 'connector_events_total', { kind: 'resolved' }), 0);
});

t.test(
  'a poll that failed is a warning with the error’s code, and has an outcome that says whose turn it is',
  async (t) => {
    for (const [failure, outcome, error] of [
      [answered(401), 'refused_key', 'pagerduty_unauthorized'],
      [answered(402), 'forbidden', 'pagerduty_plan_limit'],
      [answered(403), 'forbidden', 'pagerduty_forbidden'],
      [answered(429), 'rate_limited', 'pagerduty_rate_limited'],
      [answered(500), 'unavailable', 'pagerduty_error'],
      [answered(503), 'unavailable', 'pagerduty_unavailable'],
      [new PagerDutyUnreachableError(new Error('refused'), true), 'unavailable', 'pagerduty_unreachable'],
      [new PagerDutyTimeoutError(10_000), 'unavailable', 'pagerduty_timeout'],
      [new StoreUnavailableError(new Error('full')), 'store_unavailable', 'store_unavailable'],
      [answered(418), 'failed', 'pagerduty_rejected'],
      [new PagerDutyInvalidResponseError('a list'), 'failed', 'pagerduty_invalid_response'],
    ] as const) {
      const { log, report, samples } = newEngineReport();
      report.polled({ ...poll, failure });
      t.match(log.entries('poll failed'), [{ level: 40, connection: connectionId, outcome, error, events: 0 }]);
      t.equal(metricOf(await samples(), 'connector_poll_duration_seconds_count', { outcome }), 1, error);
    }
  },
);

t.test('a poll that failed by a defect of ours is an error with its stack', async (t) => {
  const { log, report, samples } = newEngineReport();
  report.polled({ ...poll, failure: new TypeError('of undefined') });
  t.match(log.entries('poll failed'), [{ level: 50, outcome: 'failed', err: { type: 'TypeError', stack: String } }]);
  t.equal(metricOf(await samples(), 'connector_poll_duration_seconds_count', { outcome: 'failed' }), 1);
});

t.test('hosts that start again, or go on by time, are counted from 0', async (t) => {
  const { report, samples } = newEngineReport();
  const reasons = ['unreadable', 'expired'] as const;
  const counts = async () => {
    const read = await samples();
    const restarts = reasons.map((reason) => metricOf(read, 'connector_restarted_cursors_total', { reason }));
    return [...restarts, metricOf(read, 'connector_recovered_cursors_total')];
  };
  t.strictSame(await counts(), [0, 0, 0]);
  report.restarted({ connectionId, reason: 'expired' });
  report.recovered({ connectionId, readBackMs: 60_000 });
  t.strictSame(await counts(), [0, 1, 1]);
});

t.test('what was listed late is named, some of it, and counted', async (t) => {
  const { log, report, samples } = newEngineReport();
  const late = Array.from({ length: 30 }, (_, index) => `created P${index}`);
  report.polled({ ...poll, findings: { ...findings, late } });
  const [line] = log.entries('PagerDuty listed events late: they are delivered now');
  t.match(line, { level: 40, connection: connectionId, events: 30 });
  t.strictSame(line?.keys, late.slice(0, 20));
  t.equal(metricOf(await samples(), 'connector_late_events_total'), 30);
});

t.test('a poll that leaves something to the next one, or could not read notes, says so', async (t) => {
  const { log, report } = newEngineReport();
  report.polled({ ...poll, findings: { ...findings, hasMore: true, failedNotes: 3 } });
  t.match(log.entries('poll'), [{ hasMore: true, failedNotes: 3 }]);
});

t.test('clocks that differ are a warning, and counted', async (t) => {
  const { log, report, samples } = newEngineReport();
  report.clocksDiffer({ connectionId, dateAheadMs: 300_000 });
  t.match(log.lines.length, 1);
  t.equal(metricOf(await samples(), 'connector_clocks_differ_total'), 1);
});

t.test('an hour that was compared with the log is counted; what was missing is an error that names it', async (t) => {
  const { log, report, samples } = newEngineReport();
  const hourMs = Date.parse('2026-01-05T09:00:00Z');
  const check = { connectionId, hourMs, missingIds: [] };
  for (const outcome of ['complete', 'missing', 'failed']) {
    t.equal(metricOf(await samples(), 'connector_checked_hours_total', { outcome }), 0, 'from 0 on');
  }
  report.canary({ ...check, outcome: 'complete' });
  t.equal(log.lines.length, 0);
  report.canary({ ...check, outcome: undefined, missingIds: ['P1', 'P2'] });
  report.canary({ ...check, outcome: 'missing', missingIds: ['P3'] });
  t.match(log.entries('incidents were missing in the event log: their creation is told late'), [
    { level: 50, connection: connectionId, hour: '2026-01-05T09:00:00.000Z', missing: 2, incidents: ['P1', 'P2'] },
    { level: 50, connection: connectionId, missing: 1, incidents: ['P3'] },
  ]);
  report.canary({ ...check, outcome: 'failed', failure: answered(403) });
  report.canary({ ...check, outcome: 'failed', failure: new TypeError('odd') });
  t.match(log.entries('an hour could not be compared with the event log: it is tried again'), [
    { level: 40, connection: connectionId, error: 'pagerduty_forbidden' },
    { level: 40, connection: connectionId, err: { message: 'odd' } },
  ]);
  const counted = await samples();
  t.equal(metricOf(counted, 'connector_missing_incidents_total'), 3);
  for (const [outcome, times] of [
    ['complete', 1],
    ['missing', 1],
    ['failed', 2],
  ] as const) {
    t.equal(metricOf(counted, 'connector_checked_hours_total', { outcome }), times, outcome);
  }
});

t.test('a line names a hundred incidents at most', async (t) => {
  const { log, report } = newEngineReport();
  const missingIds = Array.from({ length: 500 }, (_, index) => `P${index}`);
  report.canary({ connectionId, hourMs: 0, outcome: 'missing', missingIds });
  const [line] = log.entries('incidents were missing in the event log: their creation is told late');
  t.match(line, { missing: 500, incidents: missingIds.slice(0, 100) });
  t.notMatch(log.lines.join(), 'P100');
});

const setAside: OddField = { record: 'log_entry', id: 'R1', field: '/type', isSetAside: true };
const mended: OddField = { record: 'incident', id: 'P1', field: '/assignments/0/assignee', isSetAside: false };

function newOddFieldReport() {
  const log = logLines('warn');
  const metrics = new Metrics({ eventKinds: [] });
  const count = async (record: string) =>
    metricOf(readMetrics(await metrics.render()), 'connector_records_set_aside_total', { record });
  return { log, report: oddFieldReport(log.logger, metrics), count };
}

t.test('a record that is set aside counts once, and is one line, however often it is read', async (t) => {
  const { log, report, count } = newOddFieldReport();
  t.equal(await count('log_entry'), 0, 'from 0 on');
  for (let read = 0; read < 5; read += 1) report('c1', setAside);
  t.match(log.entries('a record of PagerDuty cannot be read: it is set aside'), [
    { level: 40, connection: 'c1', record: 'log_entry', recordId: 'R1', field: '/type' },
  ]);
  t.equal(await count('log_entry'), 1);
  report('c1', { ...setAside, id: 'R2' });
  report('c2', setAside);
  report('c1', { ...setAside, id: undefined, field: '' });
  t.equal(await count('log_entry'), 4, 'another record, another connection');
  t.equal(log.lines.length, 4);
  t.match(log.lines.at(-1), '"field":"/"', 'the record itself');
  t.equal(await count('incident'), 0);
});

t.test('a field that many records are read without is one line for a connection', async (t) => {
  const { log, report, count } = newOddFieldReport();
  for (const index of [0, 1, 2]) {
    report('c1', { ...mended, id: `P${index}`, field: `/assignments/${index}/assignee` });
  }
  t.match(log.entries('a record of PagerDuty has an odd field: it is read without it'), [
    { level: 40, connection: 'c1', record: 'incident', recordId: 'P0', field: '/assignments/0/assignee' },
  ]);
  report('c2', mended);
  report('c1', { ...mended, field: '/created_at' });
  report('c1', { ...mended, isSetAside: true });
  t.equal(log.lines.length, 4);
  t.equal(await count('incident'), 1, 'only what is set aside counts');
});
