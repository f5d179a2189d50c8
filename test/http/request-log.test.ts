import { request } from 'node:http';
import t from 'tap';
import { logLines } from '../support/log-lines.js';
import { ManualClock } from '../support/manual-clock.js';
import { startService } from '../support/running-service.js';
import { sendRaw } from '../support/send-raw.js';
import { until } from '../support/until.js';

const reqId = /^[\w-]{8,64}$/;
const connection = /^[0-9a-f]{32}$/;

t.test('each request has one line: what was called, for whom, how long it took, what came of it', async (t) => {
  const log = logLines('info');
  const { call, control } = await startService(t, { logger: log.logger });
  await control.fault({ path: '/users/PUSER02' }, { status: 500 }, { times: 3 });
  const common = { level: 30, reqId, durationMs: Number };
  for (const [method, path, line] of [
    ['GET', '/users/PUSER01', { operation: 'GetUser', status: 200, outcome: 'ok', connection }],
    ['GET', '/trigger2/incidents', { operation: 'OnNewIncidentCreated', status: 202, outcome: 'ok', connection }],
    ['GET', '/users/PNOBODY', { operation: 'GetUser', status: 404, outcome: 'refused', error: 'pagerduty_not_found' }],
    ['GET', '/users/PUSER02', { operation: 'GetUser', status: 502, outcome: 'failed', error: 'pagerduty_error' }],
    ['GET', '/nowhere', { operation: 'other', status: 404, outcome: 'refused', error: 'unknown_path' }],
    ['DELETE', '/users/P1', { operation: 'other', status: 405, outcome: 'refused', error: 'wrong_method' }],
    ['GET', '/users/%', { operation: 'other', status: 400, outcome: 'refused', error: 'invalid_url' }],
  ] as const) {
    log.lines.length = 0;
    const answer = await call(method, path, { headers: { 'x-request-id': 'the-callers-own-id' } });
    t.match(log.entries('request'), [{ ...common, method, ...line, reqId: 'the-callers-own-id' }], path);
    t.equal(log.entries('request').length, 1, path);
    t.equal(answer.headers['x-request-id'], 'the-callers-own-id');
  }
});

t.test('probes, and calls that the limit refuses, have no line at info', async (t) => {
  const log = logLines('debug');
  const { call } = await startService(t, { logger: log.logger, environment: { RATE_LIMIT_CALLS: '1' } });
  for (const path of ['/healthz', '/readyz', '/metrics', '/users/PUSER01', '/users/PUSER01']) await call('GET', path);
  t.strictSame(
    log.entries('request').map(({ level, operation, status }) => [level, operation, status]),
    [
      [20, 'healthz', 200],
      [20, 'readyz', 200],
      [20, 'metrics', 200],
      [30, 'GetUser', 200],
      [20, 'GetUser', 429],
    ],
  );
});

t.test('a caller who leaves before the answer is a 499, in the log and in the metrics', async (t) => {
  const log = logLines('info');
  const clock = new ManualClock();
  const service = await startService(t, { logger: log.logger, pagerDutyClock: clock });
  const { call, control, sandbox } = service;
  const [{ id }] = await control.trigger();
  for (const [method, path, body] of [
    ['GET', '/users/PUSER03', ''],
    ['POST', `/incidents/${id}/notes`, '{"userId":"PUSER02","note":"On it"}'],
  ] as const) {
    log.lines.length = 0;
    await control.fault({}, { delayMs: 5_000 });
    const leaving = request(`${service.url}${path}`, {
      method,
      headers: { 'x-api-key': sandbox.credentials.accountKey, 'content-type': 'application/json' },
    });
    leaving.on('error', () => undefined);
    leaving.end(body);
    await until(() => clock.sleeping > 0);
    leaving.destroy();
    await until(() => log.entries('request').length > 0);
    t.match(log.entries('request'), [{ level: 30, reqId, method, status: 499, outcome: 'aborted', connection }]);
    await clock.advance(5_000);
    await call('GET', '/escalation_policies');
    t.equal(log.entries('request').length, 2, 'the end of its work has no second line');
  }
  const { text: metrics } = await call('GET', '/metrics');
  t.match(metrics, 'connector_request_duration_seconds_count{operation="GetUser",status="499"} 1');
  t.match(metrics, 'connector_request_duration_seconds_count{operation="AddNoteToIncident",status="499"} 1');
});

t.test('the line tells the workflow that called, and nothing that could be more than an id or a name', async (t) => {
  const log = logLines('info');
  const { call } = await startService(t, { logger: log.logger });
  await call('GET', '/healthz');
  await call('GET', '/users/PUSER01', {
    headers: {
      'x-ms-workflow-id': '4bb11d2b40c94fe5b5d2c9f0ec02e7d4',
      'x-ms-workflow-name': 'page-the-owner',
      'x-ms-workflow-run-id': '08585287571846573488078100997CU00',
      'x-ms-workflow-operation-name': 'Get_user_(by_ID)',
      'x-ms-client-request-id': 'a'.repeat(128),
      'x-ms-correlation-id': '0b61d1a2-0d58-4a0f-8f3a-3f1f3b8f0c11',
      'x-ms-tracking-id': '5',
    },
  });
  const callback = 'https://prod.example/workflows/1/run?sig=TheSignatureOfTheFlow';
  await call('GET', '/users/PUSER01', {
    headers: {
      'x-ms-workflow-id': callback,
      'x-ms-workflow-name': '',
      'x-ms-workflow-run-id': 'a'.repeat(129),
      'x-ms-workflow-operation-name': ['Get', 'user'],
      'x-ms-client-request-id': 'a"b',
      'x-ms-correlation-id': 'über',
      'x-ms-tracking-id': 'kept',
      'x-ms-trigger-callback-url': callback,
    },
  });
  await call('GET', '/users/PUSER01');
  const own = new Set(['level', 'time', 'pid', 'hostname', 'reqId', 'operation', 'method', 'status', 'outcome']);
  for (const name of ['durationMs', 'connection', 'msg']) own.add(name);
  t.strictSame(
    log.entries('request').map((line) => Object.fromEntries(Object.entries(line).filter(([name]) => !own.has(name)))),
    [
      {
        workflowId: '4bb11d2b40c94fe5b5d2c9f0ec02e7d4',
        workflowName: 'page-the-owner',
        workflowRunId: '08585287571846573488078100997CU00',
        workflowAction: 'Get_user_(by_ID)',
        clientRequestId: 'a'.repeat(128),
        correlationId: '0b61d1a2-0d58-4a0f-8f3a-3f1f3b8f0c11',
        trackingId: '5',
      },
      { trackingId: 'kept' },
      {},
    ],
  );
});

t.test('what is no request has a line with its error, and is counted', async (t) => {
  const log = logLines('info');
  const service = await startService(t, { logger: log.logger });
  for (const [bytes, status, error] of [
    ['GARBAGE\r\n\r\n', 400, 'invalid_request'],
    [`GET / HTTP/1.1\r\nhost: x\r\nx-long: ${'x'.repeat(100_000)}\r\n\r\n`, 431, 'headers_too_large'],
  ] as const) {
    log.lines.length = 0;
    t.match(await sendRaw(service.url, bytes), `HTTP/1.1 ${status} `);
    t.match(log.entries('unreadable request'), [{ level: 30, status, outcome: 'refused', error }]);
    t.equal(log.lines.length, 1);
    t.match((await service.call('GET', '/metrics')).text, `connector_unreadable_requests_total{error="${error}"} 1\n`);
  }
});
