import assert from 'node:assert/strict';
import fc from 'fast-check';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { sandboxCredentials } from '../../sandbox/account/seed-account.js';
import { type Answer, errorOf, propertiesOf, type RunningService, startService } from '../support/running-service.js';

const { eventsV1Keys, eventsV2Keys, accountKey } = sandboxCredentials;
const key: string = eventsV2Keys.PSVCWEB;
const alerts = '/opsgenie/v2/alerts';
const disk = { message: 'The disk is full', alias: 'sentry: 42' };
const diskPath = `${alerts}/sentry%3A%2042`;

/** The service with the bridge, called as an Opsgenie client calls it. */
async function startBridge(t: Test, logger?: pino.Logger) {
  const environment = { OPSGENIE_BRIDGE: 'on' };
  const service = await startService(t, logger === undefined ? { environment } : { environment, logger });
  const call = (method: string, path: string, body?: unknown, genieKey = key): Promise<Answer> =>
    service.call(method, path, { key: null, headers: { authorization: `GenieKey ${genieKey}` }, body });
  return { service, control: service.control, call };
}

/** Whether an answer is one of Opsgenie's, and its request id is the one in the header. */
function isOpsgenies({ headers, body }: Answer): boolean {
  const { took, requestId } = propertiesOf(body);
  return (
    typeof took === 'number' &&
    requestId === headers['x-request-id'] &&
    headers['x-response-time'] !== undefined &&
    headers['x-ratelimit-state'] !== undefined
  );
}

/** Whether an error is one of Opsgenie's: a message, and `errors` as texts by field if there are any. */
function isOpsgeniesError(answer: Answer): boolean {
  const { message, errors = {} } = propertiesOf(answer.body);
  const texts = Object.values(propertiesOf(errors));
  return isOpsgenies(answer) && typeof message === 'string' && texts.every((text) => typeof text === 'string');
}

async function statusOf({ control }: { control: RunningService['control'] }): Promise<string | undefined> {
  return (await control.incidents()).at(-1)?.status;
}

t.test('unless it is switched on nothing of the bridge is there', async (t) => {
  const { call } = await startService(t);
  for (const [method, path] of [
    ['POST', alerts],
    ['GET', diskPath],
    ['POST', `${diskPath}/close`],
  ] as const) {
    const answer = await call(method, path, { headers: { authorization: `GenieKey ${key}` }, body: disk });
    t.equal(answer.status, 404);
    t.equal(errorOf(answer).code, 'unknown_path');
  }
});

t.test('an alert is created, acknowledged and closed by its alias', async (t) => {
  const { control, call } = await startBridge(t);
  const created = await call('POST', alerts, { ...disk, priority: 'P2', entity: 'mysql' });
  t.match(created, { status: 202, body: { result: 'Request will be processed' } }, created.text);
  t.ok(isOpsgenies(created), created.text);
  t.match(await control.incidents(), [{ title: 'The disk is full', key: 'sentry: 42', status: 'triggered' }]);
  for (const [action, becomes] of [
    ['acknowledge', 'acknowledged'],
    ['close', 'resolved'],
  ] as const) {
    const answer = await call('POST', `${diskPath}/${action}?identifierType=alias`, { source: 'Sentry' });
    t.match(answer, { status: 202, body: { result: 'Request will be processed' } }, answer.text);
    t.equal(await statusOf({ control }), becomes);
  }
});

t.test('an alert without an alias is closed by the id that its request’s status tells', async (t) => {
  const { control, call } = await startBridge(t);
  const created = await call('POST', alerts, { message: 'The disk is full' });
  const { requestId } = propertiesOf(created.body);
  const status = await call('GET', `${alerts}/requests/${requestId}`);
  t.match(status, { status: 200, body: { data: { success: true, isSuccess: true, action: 'Create' } } }, status.text);
  t.ok(isOpsgenies(status));
  const { alertId, alias, integrationId } = propertiesOf(propertiesOf(status.body).data);
  t.match(integrationId, /^[\da-f]{32}$/);
  for (const path of [`${alerts}/${alertId}`, `${alerts}/${alertId}?identifierType=id`]) {
    const found = await call('GET', path);
    t.match(found, {
      status: 200,
      body: { data: { id: alertId, alias, message: 'The disk is full', status: 'open' } },
    });
  }
  t.equal((await call('POST', `${alerts}/${alertId}/close`, {})).status, 202);
  t.equal(await statusOf({ control }), 'resolved');
  t.match(await call('GET', `${alerts}/${alias}?identifierType=alias`), { body: { data: { status: 'closed' } } });
});

t.test('an alias of Opsgenie’s full length names one alert, which a long path reaches', async (t) => {
  const { control, call } = await startBridge(t);
  const alias = `${'ä/'.repeat(200)}${'x'.repeat(112)}`;
  for (const message of ['first', 'second']) t.equal((await call('POST', alerts, { message, alias })).status, 202);
  t.equal((await control.incidents()).length, 1);
  const path = `${alerts}/${encodeURIComponent(alias)}`;
  t.match(await call('GET', `${path}?identifierType=alias`), { status: 200, body: { data: { alias, count: 2 } } });
  t.equal((await call('POST', `${path}/close?identifierType=alias`)).status, 202);
  t.equal(await statusOf({ control }), 'resolved');
});

t.test('an acknowledgement or a closing is not refused for its body, whatever it is', async (t) => {
  const { call, service } = await startBridge(t);
  await call('POST', alerts, disk);
  for (const body of [undefined, '', '{', 'note=x', { note: 'x' }]) {
    for (const type of ['application/json', 'application/x-www-form-urlencoded', 'text/plain']) {
      const headers = { authorization: `GenieKey ${key}`, 'content-type': type };
      const path = `${diskPath}/acknowledge?identifierType=alias`;
      const answer = await service.call('POST', path, { key: null, headers, body });
      t.equal(answer.status, 202, `${type} ${JSON.stringify(body)}: ${answer.text}`);
    }
  }
});

t.test('a note becomes a change of the service and opens nothing, also if the alert is closed', async (t) => {
  const { control, call } = await startBridge(t);
  await call('POST', alerts, disk);
  await call('POST', `${diskPath}/close?identifierType=alias`, {});
  const note = { note: 'Look at the log.', user: 'Ada' };
  const answer = await call('POST', `${diskPath}/notes?identifierType=alias`, note);
  t.match(answer, { status: 202, body: { result: 'Request will be processed' } }, answer.text);
  t.ok(isOpsgenies(answer));
  t.match(await control.get('/changes'), {
    changes: [{ summary: 'Note on sentry: 42: Look at the log.', details: { ...note, dedup_key: 'sentry: 42' } }],
  });
  t.match(await control.incidents(), [{ status: 'resolved' }], 'nobody is notified');
  const status = await call('GET', `${alerts}/requests/${propertiesOf(answer.body).requestId}`);
  t.match(status, { status: 200, body: { data: { action: 'AddNote', isSuccess: true } } });
});

t.test('a note without a text is refused as Opsgenie does, and sent nowhere', async (t) => {
  const { control, call } = await startBridge(t);
  const sent = await control.sentDuring(async () => {
    const empty = await call('POST', `${diskPath}/notes?identifierType=alias`, { user: 'Ada' });
    t.match(empty, { status: 422, body: { errors: { note: /not empty/ } } });
    t.ok(isOpsgeniesError(empty));
    t.equal((await call('POST', `${diskPath}/notes?identifierType=alias`, '{')).status, 400);
    t.match(await call('POST', `${diskPath}/notes?identifierType=tiny`, { note: 'x' }), {
      status: 403,
      body: { code: 40302 },
    });
  });
  t.strictSame(sent, []);
});

t.test('a key that PagerDuty does not know, or that cannot be one, is a 401 that does not repeat it', async (t) => {
  const { service, control, call } = await startBridge(t);
  const unknown = `${'Secret'.repeat(5)}xy`;
  for (const wrong of [unknown, eventsV1Keys.PSVCWEB]) {
    const answer = await call('POST', alerts, disk, wrong);
    t.match(answer, { status: 401, body: { message: /one that PagerDuty does not know/ } });
    t.ok(isOpsgeniesError(answer));
    t.notOk(answer.text.includes(wrong));
  }
  const sent = await control.sentDuring(async () => {
    for (const [authorization, message] of [
      ['', /got no such header/],
      ['GenieKey', /another form/],
      [unknown, /header of another form/],
      [`Bearer ${unknown}`, /header of another form/],
      [`GenieKey ${unknown}x`, /key of another form/],
      [`GenieKey ${unknown.slice(2)}ü`, /key of another form/],
      ['GenieKey 8743a1b2-11da-480e-8493-744660987bef', /Opsgenie’s own/],
    ] as const) {
      for (const [method, path] of [
        ['POST', alerts],
        ['GET', diskPath],
        ['GET', `${alerts}/requests/x`],
        ['POST', `${diskPath}/acknowledge`],
        ['POST', `${diskPath}/close`],
        ['POST', `${diskPath}/notes`],
      ] as const) {
        const headers = authorization === '' ? {} : { authorization: Buffer.from(authorization).toString('latin1') };
        const body = method === 'GET' ? undefined : disk;
        const answer = await service.call(method, path, { key: accountKey, headers, body });
        t.match(answer, { status: 401, body: { message } }, `${method} ${path} ${answer.text}`);
        t.ok(isOpsgeniesError(answer));
        t.notOk(/Secret|8743/.test(answer.text));
      }
    }
  });
  t.strictSame(sent, []);
});

t.test(
  'an alert is promised only once PagerDuty has taken it; what may pass is a 503, and trying again helps',
  async (t) => {
    const { control, call } = await startBridge(t);
    for (const fault of [
      { status: 500 },
      { status: 404 },
      { status: 401 },
      { status: 407 },
      { cut: 'before' },
      { brokenBody: 'not-json' },
    ]) {
      await control.fault({ path: '/v2/enqueue' }, fault, { times: 3 });
      const answer = await call('POST', alerts, disk);
      t.equal(answer.status, 503, JSON.stringify(fault));
      t.ok(isOpsgeniesError(answer), answer.text);
      await control.clearFaults();
    }
    t.equal((await call('POST', alerts, disk)).status, 202);
    t.equal((await control.incidents()).length, 1);
  },
);

t.test('an alert whose answer was lost is repeated under the same key, and is one incident', async (t) => {
  const { control, call } = await startBridge(t);
  await control.fault({ path: '/v2/enqueue' }, { cut: 'after' }, { times: 2 });
  const sent = await control.sentDuring(async () => t.equal((await call('POST', alerts, disk)).status, 202));
  t.equal(sent.length, 3);
  t.equal((await control.incidents()).length, 1);
});

t.test('what PagerDuty refuses for good is final, with its reason', async (t) => {
  const { control, call } = await startBridge(t);
  const body = { status: 'invalid event', message: 'Event object is invalid', errors: ['No.'] };
  await control.fault({ path: '/v2/' }, { status: 400, body });
  t.match(await call('POST', alerts, disk), { status: 422, body: { message: /Event object is invalid: No\./ } });
  await control.fault({ path: '/v2/' }, { status: 413 });
  t.match(await call('POST', alerts, disk), { status: 413, body: { message: /at most 512 KB/ } });
});

t.test('while PagerDuty takes no more events an alert is a 429 with the time to come back', async (t) => {
  const { control, call } = await startBridge(t);
  await control.fault({ path: '/v2/' }, { status: 429, headers: { 'retry-after': '20' } });
  const answer = await call('POST', alerts, disk);
  t.match(answer, { status: 429, headers: { 'retry-after': /^20$/, 'x-ratelimit-state': 'THROTTLED' } });
  t.ok(isOpsgeniesError(answer), answer.text);
  await control.patch('/settings', { eventsRateLimitPerMinute: 0 });
  t.match(await call('POST', alerts, disk), { status: 429, headers: { 'retry-after': /^[1-9]\d*$/ } });
});

t.test('a key sends 120 events a minute, and no more reach PagerDuty; questions are free', async (t) => {
  const { control, call, service } = await startBridge(t);
  await control.patch('/settings', { eventsRateLimitPerMinute: 1_000 });
  const answers: Answer[] = [];
  const sent = await control.sentDuring(async () => {
    answers.push(...(await Promise.all(Array.from({ length: 130 }, () => call('POST', alerts, disk)))));
  });
  const refused = answers.filter(({ status }) => status === 429);
  t.equal(answers.filter(({ status }) => status === 202).length, 120);
  t.equal(refused.length, 10);
  t.equal(sent.length, 120);
  // Refused before its body is read, so a wrong one makes no difference.
  refused.push(await call('POST', alerts, '{'));
  refused.push(await call('POST', `${diskPath}/close?identifierType=alias`, {}));
  for (const answer of refused) {
    t.match(answer, { status: 429, headers: { 'retry-after': /^[1-6]?\d$/, 'x-ratelimit-state': 'THROTTLED' } });
    t.match(answer.body, { message: /too many requests.+120 events.+Retry-After/ });
    t.ok(isOpsgeniesError(answer));
  }
  t.match(await call('GET', `${diskPath}?identifierType=alias`), { status: 200, body: { data: { count: 120 } } });
  t.equal((await call('POST', alerts, disk, eventsV2Keys.PSVCPAY)).status, 202, 'another key is not meant');
  t.equal((await service.call('GET', '/users')).status, 200);
});

t.test('whatever else is wrong is told in Opsgenie’s form', async (t) => {
  const { call, service } = await startBridge(t);
  const wrong: readonly (readonly [method: string, path: string, body: unknown, status: number])[] = [
    ['POST', alerts, {}, 422],
    ['POST', alerts, { ...disk, priority: 'high' }, 422],
    ['POST', alerts, [], 422],
    ['POST', alerts, '{', 400],
    ['POST', alerts, '', 400],
    ['POST', alerts, '{"message": "x", "__proto__": {}}', 400],
    ['POST', alerts, { message: 'x'.repeat(512 * 1024) }, 413],
    ['GET', `${diskPath}?identifierType=alias`, undefined, 404],
    ['GET', diskPath, undefined, 404],
    ['GET', `${alerts}/pd_ZGlzaw`, undefined, 404],
    ['GET', `${alerts}/1?identifierType=tiny`, undefined, 403],
    ['GET', `${diskPath}?identifierType=name`, undefined, 422],
    ['GET', `${diskPath}?identifierType=id&identifierType=alias`, undefined, 422],
    ['GET', `${alerts}/requests/x`, undefined, 404],
    ['POST', `${alerts}/8743a1b2-11da-480e-8493-744660987bef/close`, {}, 404],
    ['GET', alerts, undefined, 404],
    ['DELETE', diskPath, undefined, 404],
    ['PUT', `${diskPath}/message?identifierType=alias`, { message: 'x' }, 404],
    ['POST', `${diskPath}/snooze`, {}, 404],
    ['GET', '/opsgenie/v2/teams', undefined, 404],
  ];
  for (const [method, path, body, status] of wrong) {
    const answer = await call(method, path, body);
    t.equal(answer.status, status, `${method} ${path}: ${answer.text}`);
    t.ok(isOpsgeniesError(answer), answer.text);
    t.notOk(answer.text.includes(key));
  }
  const form = { authorization: `GenieKey ${key}`, 'content-type': 'application/x-www-form-urlencoded' };
  const answer = await service.call('POST', alerts, { key: null, headers: form, body: 'message=x' });
  t.equal(answer.status, 415);
  t.ok(isOpsgeniesError(answer), answer.text);
});

t.test('a request that this process does not know is asked for again by Opsgenie’s clients', async (t) => {
  const { call } = await startBridge(t);
  const unknown = await call('GET', `${alerts}/requests/x`);
  t.match(unknown, { status: 404, headers: { 'x-opsgenie-errortype': 'RequestNotProcessed' } });
  const { requestId } = propertiesOf((await call('POST', alerts, disk)).body);
  const known = await call('GET', `${alerts}/requests/${requestId}`);
  t.equal(known.status, 200);
  t.equal(known.headers['x-opsgenie-errortype'], undefined);
});

t.test('no alert breaks the bridge, whatever is in it', async (t) => {
  const { control, call } = await startBridge(t);
  await control.patch('/settings', { eventsRateLimitPerMinute: 1_000_000 });
  const field = fc.constantFrom('alias', 'description', 'details', 'tags', 'entity', 'source', 'priority', 'user');
  const text = fc.string({ unit: 'binary' });
  const alert = fc
    .record({ message: fc.oneof(text, fc.jsonValue()), more: fc.dictionary(field, fc.oneof(text, fc.jsonValue())) })
    .map(({ message, more }) => JSON.stringify({ message, ...more }))
    .filter((json) => !/"(?:__proto__|constructor)"/.test(json));
  await fc.assert(
    fc.asyncProperty(alert, async (json) => {
      const { status } = await call('POST', alerts, json);
      assert.ok(status === 202 || status === 422, `answered ${status}`);
    }),
    { numRuns: 100 },
  );
});

t.test('requests are logged and measured by name, without a key or anything of an alert', async (t) => {
  const lines: string[] = [];
  const logger = pino({ level: 'trace' }, { write: (line: string) => lines.push(line) });
  const { call, service } = await startBridge(t, logger);
  const created = await call('POST', alerts, { ...disk, description: 'Private' });
  await call('POST', `${diskPath}/acknowledge?identifierType=alias`, {});
  await call('POST', `${diskPath}/close?identifierType=alias`, {});
  await call('POST', `${diskPath}/notes?identifierType=alias`, { note: 'Private' });
  await call('GET', `${diskPath}?identifierType=alias`);
  const { requestId } = propertiesOf(created.body);
  const status = await call('GET', `${alerts}/requests/${requestId}`);
  await call('POST', alerts, { priority: 'Private' });
  const logged = lines.map((line) => propertiesOf(JSON.parse(line))).filter(({ msg }) => msg === 'request');
  t.strictSame(
    logged.map(({ operation, status: answered, error }) => [operation, answered, error]),
    [
      ['OpsgenieCreateAlert', 202, undefined],
      ['OpsgenieAcknowledgeAlert', 202, undefined],
      ['OpsgenieCloseAlert', 202, undefined],
      ['OpsgenieAddNote', 202, undefined],
      ['OpsgenieGetAlert', 200, undefined],
      ['OpsgenieGetRequest', 200, undefined],
      ['OpsgenieCreateAlert', 422, 'invalid_alert'],
    ],
  );
  t.equal(logged[0]?.reqId, requestId, 'the answer’s request id finds the line');
  const { integrationId } = propertiesOf(propertiesOf(status.body).data);
  for (const { connection } of logged) t.equal(connection, integrationId);
  const metrics = (await service.call('GET', '/metrics')).text;
  t.match(metrics, /connector_request_duration_seconds_count\{operation="OpsgenieCreateAlert",status="202"\} 1/);
  t.match(metrics, /connector_limiter_decisions_total\{decision="granted"\} 4/);
  for (const secret of [key, 'Private', 'The disk is full', 'sentry']) {
    t.notOk(lines.join('').includes(secret), secret);
    t.notOk(metrics.includes(secret), secret);
  }
});
