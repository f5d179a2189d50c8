import fc from 'fast-check';
import t from 'tap';
import { sandboxCredentials } from '../../sandbox/account/seed-account.js';
import { operations } from '../../src/operations/operations.js';
import { triggers } from '../../src/triggers/triggers.js';
import { actionCases, requestOf } from '../support/action-cases.js';
import { HastyClock } from '../support/hasty-clock.js';
import { knownMetrics } from '../support/known-metrics.js';
import { metricOf, readMetrics } from '../support/read-metrics.js';
import { propertiesOf, type RunningService, startService } from '../support/running-service.js';
import { sendRaw } from '../support/send-raw.js';

const samplesOf = async ({ call }: RunningService) => readMetrics((await call('GET', '/metrics')).text);

/** Calls with whatever a stranger may think of. */
async function callWildly(service: RunningService): Promise<void> {
  const text = fc.string({ unit: fc.constantFrom(...'aZ09_-. %/?&=é"\\{}\u0001'.split('')), maxLength: 40 });
  const header = fc.string({ unit: fc.constantFrom(...'aZ09_-. "{}'.split('')), maxLength: 40 });
  const endpoint = fc.constantFrom(...operations, ...triggers);
  const calls = fc.sample(
    fc.record({
      method: fc.constantFrom('GET', 'GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PROPFIND'),
      path: fc.oneof(
        fc.tuple(endpoint, text).map(([{ path }, id]) => path.replace(/\{\w+\}/g, encodeURIComponent(id))),
        text.map((path) => `/${encodeURI(path)}`),
        header.map((id) => `/opsgenie/v2/alerts/${encodeURIComponent(id)}`),
      ),
      query: text.map((state) => `?triggerState=${encodeURIComponent(state)}`),
      key: fc.oneof(
        fc.constant(sandboxCredentials.accountKey),
        header.map((key) => `y_${key}`),
      ),
      body: fc.option(fc.json(), { nil: undefined }),
      given: fc.record(
        { 'x-request-id': header, 'x-pagerduty-region': header, 'x-ms-workflow-id': header },
        { requiredKeys: [] },
      ),
    }),
    { seed: 7, numRuns: 500 },
  );
  for (const { method, path, query, key, body, given } of calls) {
    const headers = { ...given, ...(path.startsWith('/opsgenie') ? { authorization: `GenieKey ${key}` } : {}) };
    await service.call(method, `${path}${query}`, { key, headers, ...(body === undefined ? {} : { body }) });
  }
  for (const action of actionCases) {
    const inputs = action.inputs({ id: 'PNOBODY', number: 7, title: 'x', status: 'x', key: 'PNOKEY', assigneeIds: [] });
    const { method, path, body } = requestOf(action.operation, inputs);
    await service.call(method, path, { body });
  }
  await sendRaw(service.url, 'GET / HTTP/9.9\r\n\r\n');
}

t.test('whatever comes, labels have values from known lists', async (t) => {
  const service = await startService(t, { environment: { OPSGENIE_BRIDGE: 'on' } });
  await callWildly(service);
  for (const { name, labels } of await samplesOf(service)) {
    if (!name.startsWith('connector_')) continue;
    const expected = knownMetrics[name] ?? knownMetrics[name.replace(/_(bucket|sum|count)$/, '')];
    const { le: _, ...own } = labels;
    t.strictSame(Object.keys(own), Object.keys(expected ?? {}), `${name} has these labels`);
    for (const [label, value] of Object.entries(own)) {
      const values = expected?.[label];
      t.ok(values instanceof RegExp ? values.test(value) : values?.includes(value), `${name} ${label}="${value}"`);
    }
  }
});

t.test('all metrics are there from the start, with every value that a label may have, at 0', async (t) => {
  const service = await startService(t);
  const { text } = await service.call('GET', '/metrics');
  const types = [...text.matchAll(/^# TYPE (connector_\w+) /gm)].map(([, name]) => name);
  t.strictSame(types.sort(), Object.keys(knownMetrics).sort());
  const samples = readMetrics(text);
  for (const name of [
    'connector_poll_duration_seconds',
    'connector_events_total',
    'connector_pages_served_total',
    'connector_events_served_total',
    'connector_restarted_cursors_total',
    'connector_limiter_decisions_total',
    'connector_refused_polls_total',
    'connector_unreadable_requests_total',
    'connector_store_failures_total',
  ]) {
    const counts = samples.filter((sample) => sample.name === name || sample.name === `${name}_count`);
    const known = Object.values(knownMetrics[name] ?? {}).flatMap((values) => (values instanceof RegExp ? [] : values));
    t.strictSame(counts.flatMap(({ labels }) => Object.values(labels)).sort(), [...known].sort(), name);
    t.ok(
      counts.every(({ value }) => value === 0),
      name,
    );
  }
  t.equal(metricOf(samples, 'connector_poll_lag_seconds_count'), 0);
  t.equal(metricOf(samples, 'connector_recovered_cursors_total'), 0);
});

t.test('what is served, what is polled, and what is open can be read', async (t) => {
  const clock = new HastyClock();
  const service = await startService(t, { environment: { TRIGGER_POLL_SECONDS: '1' }, clock });
  const { call, control } = service;
  let next = '/trigger2/incidents';
  const poll = async () => {
    const answer = await call('GET', next);
    const { location } = answer.headers;
    if (location !== undefined) next = location.slice(service.url.length);
    return answer;
  };
  t.equal((await poll()).status, 202);
  await control.trigger({ count: 3 });
  await clock.advance(1_000);
  const page = await poll();
  t.equal(page.status, 200);
  t.match(propertiesOf(page.body).incidents, { length: 3 });
  await control.fault({ path: '/log_entries' }, { status: 401 }, { times: 99 });
  await clock.advance(1_000);
  t.equal((await poll()).status, 401);
  const samples = await samplesOf(service);
  const trigger = 'OnNewIncidentCreated';
  t.equal(metricOf(samples, 'connector_pages_served_total', { trigger }), 1);
  t.equal(metricOf(samples, 'connector_events_served_total', { trigger }), 3);
  t.equal(metricOf(samples, 'connector_events_total', { kind: 'created' }), 3);
  t.ok(metricOf(samples, 'connector_poll_duration_seconds_count', { outcome: 'ok' }));
  t.equal(metricOf(samples, 'connector_poll_duration_seconds_count', { outcome: 'refused_key' }), 1);
  t.equal(metricOf(samples, 'connector_connections'), 1);
  t.equal(metricOf(samples, 'connector_polled_connections'), 1);
  t.equal(metricOf(samples, 'connector_open_sockets'), 1);
  t.equal(metricOf(samples, 'connector_backend_up', { part: 'store' }), 1);
  t.equal(metricOf(samples, 'connector_backend_up', { part: 'redis' }), undefined, 'none is used');
  t.ok(metricOf(samples, 'connector_store_duration_seconds_count', { operation: 'commit' }));
  t.equal(metricOf(samples, 'connector_store_failures_total', { operation: 'commit' }), 0);
});
