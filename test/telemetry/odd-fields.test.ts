import t from 'tap';
import type { OddField } from '../../src/pagerduty/record-reader.js';
import { Metrics } from '../../src/telemetry/metrics.js';
import { oddFieldReport } from '../../src/telemetry/odd-fields.js';
import { logLines } from '../support/log-lines.js';
import { metricOf, readMetrics } from '../support/read-metrics.js';

const setAside: OddField = { record: 'log_entry', id: 'R1', field: '/type', isSetAside: true };
const mended: OddField = { record: 'incident', id: 'P1', field: '/assignments/0/assignee', isSetAside: false };

function newReport() {
  const log = logLines('warn');
  const metrics = new Metrics({ eventKinds: [] });
  const count = async (record: string) =>
    metricOf(readMetrics(await metrics.render()), 'connector_records_set_aside_total', { record });
  return { log, report: oddFieldReport(log.logger, metrics), count };
}

t.test('a record that is set aside counts once, and is one line, however often it is read', async (t) => {
  const { log, report, count } = newReport();
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
  const { log, report, count } = newReport();
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
