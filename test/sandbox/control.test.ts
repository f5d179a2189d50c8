import t from 'tap';
import { sandboxCredentials } from '../../sandbox/account/seed-account.js';
import { createSandbox, startSandbox } from '../../sandbox/sandbox.js';
import { ManualClock } from '../support/manual-clock.js';

const { accountKey, eventsV1Keys, eventsV2Keys } = sandboxCredentials;
const fromEmail: string = sandboxCredentials.fromEmail;
type Test = { teardown(close: () => unknown): void };
type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

function build(t: Test) {
  const clock = new ManualClock();
  const { app } = createSandbox({ clock });
  t.teardown(() => app.close());
  const call = async (method: Method, url: string, body?: object | string) => {
    const headers = { authorization: `Token token=${accountKey}`, from: fromEmail };
    const response = await app.inject({ method, url, headers, ...(body === undefined ? {} : { payload: body }) });
    return { status: response.statusCode, headers: response.headers, text: response.body, body: parse(response.body) };
  };
  const control = (method: Method, url: string, body?: object | string) => call(method, `/_sandbox${url}`, body);
  return { clock, call, control };
}

async function json(response: Response) {
  return parse(await response.text());
}

function parse(text: string) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const v2 = (event_action: string, dedup_key?: string, routing_key: string = eventsV2Keys.PSVCWEB) => ({
  routing_key,
  event_action,
  dedup_key,
  payload: { summary: 'CPU hot', source: 'web-1', severity: 'warning', custom_details: { load: 9 } },
});

const v1 = (event_type: string, incident_key?: string, service_key: string = eventsV1Keys.PSVCWEB) => ({
  service_key,
  event_type,
  incident_key,
  description: 'CPU hot',
});

const V1 = '/generic/2010-04-15/create_event.json';

t.test('Events v2 opens, acknowledges and resolves by key', async (t) => {
  const { call } = build(t);
  t.match(await call('POST', '/v2/enqueue', v2('trigger', 'cpu')), {
    status: 202,
    body: { status: 'success', message: 'Event processed', dedup_key: 'cpu' },
  });
  await call('POST', '/v2/enqueue', v2('trigger', 'cpu'));
  const find = async () => (await call('GET', '/incidents?date_range=all&incident_key=cpu')).body.incidents;
  t.match(await find(), [{ status: 'triggered', urgency: 'low', title: 'CPU hot', alert_counts: { all: 1 } }]);
  const [{ id }] = await find();
  t.match((await call('GET', `/incidents/${id}/alerts`)).body.alerts, [
    { alert_key: 'cpu', severity: 'warning', status: 'triggered', body: { details: { load: 9 } } },
  ]);
  await call('POST', '/v2/enqueue', v2('acknowledge', 'cpu'));
  t.match(await find(), [
    { status: 'acknowledged', acknowledgements: [{ acknowledger: { type: 'service_reference' } }] },
  ]);
  await call('POST', '/v2/enqueue', v2('resolve', 'cpu'));
  t.match(await find(), [{ status: 'resolved' }]);
  t.match((await call('POST', '/v2/enqueue', v2('trigger'))).body.dedup_key, /^[0-9a-f]{32}$/);
});

t.test('Events v1 speaks its own dialect', async (t) => {
  const { call } = build(t);
  t.match(await call('POST', V1, v1('trigger', 'cpu')), {
    status: 200,
    body: { status: 'success', message: 'Event processed', incident_key: 'cpu' },
  });
  await call('POST', V1, v1('resolve', 'cpu'));
  t.match((await call('GET', '/incidents?incident_key=cpu')).body.incidents, [{ status: 'resolved' }]);
});

t.test('events that cannot be taken say why', async (t) => {
  const { call, control, clock } = build(t);
  const refused = async (url: string, body: object | string, error: RegExp) =>
    t.match(await call('POST', url, body), { status: 400, body: { errors: [error] } }, String(error));
  await refused('/v2/enqueue', v2('trigger', 'k', 'short'), /Length of 'routing_key'/);
  await refused('/v2/enqueue', v2('trigger', 'k', '0'.repeat(32)), /Invalid routing key/);
  await refused('/v2/enqueue', v2('trigger', 'k', eventsV1Keys.PSVCWEB), /Invalid routing key/);
  await refused('/v2/enqueue', v2('resolve'), /dedup_key/);
  await refused('/v2/enqueue', v2('explode', 'k'), /event_action/);
  await refused('/v2/enqueue', v2('trigger', 'k'.repeat(256)), /dedup_key/);
  await refused('/v2/enqueue', { ...v2('trigger', 'k'), payload: { summary: 'x'.repeat(1025) } }, /./);
  await refused('/v2/enqueue', 'not json', /JSON parse error/);
  await refused(V1, v1('trigger', 'k', 'short'), /Service key is the wrong length/);
  await refused(V1, v1('trigger', 'k', eventsV2Keys.PSVCWEB), /Service key is invalid/);
  await refused(V1, { ...v1('trigger'), description: '' }, /Description/);
  await refused(V1, v1('resolve'), /Incident key/);
  t.match(await call('POST', '/v2/enqueue', { ...v2('trigger'), client: 'x'.repeat(600_000) }), { status: 413 });
  t.match(await call('POST', '/v2/enqueue', v2('trigger', 'night', eventsV2Keys.PSVCBAT)), { status: 202 });
  t.match(
    await call('POST', '/v2/change/enqueue', { routing_key: eventsV2Keys.PSVCWEB, payload: { summary: 'Deployed' } }),
    {
      status: 202,
    },
  );
  t.equal((await call('GET', '/incidents')).body.incidents.length, 0, 'none of this opened an incident');

  await clock.advance(60_000);
  await control('PATCH', '/settings', { acceptAnyIntegrationKey: true, eventsRateLimitPerMinute: 1 });
  t.match(await call('POST', '/v2/enqueue', v2('trigger', 'k', eventsV1Keys.PSVCWEB)), { status: 202 });
  t.match(await call('POST', '/v2/enqueue', v2('trigger', 'k', eventsV1Keys.PSVCWEB)), { status: 429 });
  const other = v1('trigger', 'k', eventsV1Keys.PSVCPAY);
  t.match(await call('POST', V1, other), { status: 200 });
  t.match(await call('POST', V1, other), { status: 403 });
});

t.test('change events are kept until a reset, and refused if they cannot be taken', async (t) => {
  const { call, control } = build(t);
  const change = (payload: object, routing_key: string = eventsV2Keys.PSVCPAY) =>
    call('POST', '/v2/change/enqueue', { routing_key, payload, links: [{ href: 'https://ci.example.com/1' }] });
  const details = { source: 'ci', timestamp: '2026-01-05T09:00:00Z', custom_details: { build: 1 } };
  t.match(await change({ summary: 'Deployed', ...details }), { status: 202, body: { status: 'success' } });
  t.match(await change({ summary: 'Rolled back' }), { status: 202 });
  t.match(await change({ summary: '' }), { status: 400, body: { status: 'invalid event' } });
  t.match(await change({ summary: 'x' }, eventsV1Keys.PSVCPAY), { body: { errors: ['Invalid routing key'] } });
  const receivedAt = '2026-01-05T09:00:00Z';
  const link = { type: 'link', href: 'https://ci.example.com/1' };
  t.strictSame((await control('GET', '/changes')).body.changes, [
    {
      serviceId: 'PSVCPAY',
      summary: 'Deployed',
      source: 'ci',
      timestamp: '2026-01-05T09:00:00Z',
      details: { build: 1 },
      contexts: [link],
      receivedAt,
    },
    {
      serviceId: 'PSVCPAY',
      summary: 'Rolled back',
      source: null,
      timestamp: null,
      details: {},
      contexts: [link],
      receivedAt,
    },
  ]);
  await control('POST', '/reset');
  t.strictSame((await control('GET', '/changes')).body.changes, []);
});

t.test('the control API acts on incidents as people would', async (t) => {
  const { call, control } = build(t);
  const made = await control('POST', '/incidents', { title: 'Disk full', count: 3 });
  const [a, b, c] = made.body.incidents.map((incident: { id: string }) => incident.id);
  const act = (id: string, name: string, body?: object) => control('POST', `/incidents/${id}/${name}`, body);
  t.match(await act(a, 'acknowledge', { userId: 'PUSER03' }), {
    body: { incident: { status: 'acknowledged', assigneeIds: ['PUSER03'] } },
  });
  t.match(await act(a, 'snooze', { userId: 'PUSER03', seconds: 60 }), { status: 200 });
  t.match(await act(a, 'unacknowledge'), { body: { incident: { status: 'triggered' } } });
  t.match(await act(a, 'assign', { userIds: ['PUSER01', 'PUSER04'], by: 'PUSER02' }), {
    body: { incident: { assigneeIds: ['PUSER01', 'PUSER04'] } },
  });
  t.match(await act(a, 'note', { userId: 'PUSER02', content: 'hm' }), { body: { noteId: /^P/ } });
  t.match(await act(a, 'escalate', { level: 2 }), { body: { incident: { assigneeIds: ['PUSER01'] } } });
  t.match(await act(a, 'urgency', { urgency: 'low' }), { status: 200 });
  t.match(await act(a, 'priority', { priorityId: 'PPRIO01' }), { status: 200 });
  t.match(await act(a, 'title', { title: 'Renamed' }), { body: { incident: { title: 'Renamed' } } });
  t.match(await act(a, 'merge', { sourceIds: [b] }), { status: 200 });
  t.match(await act(c, 'resolve', { userId: 'PUSER02' }), { body: { incident: { status: 'resolved' } } });
  t.match(await act(a, 'reopen'), { status: 400 });
  t.match(await act(c, 'reopen', { userId: 'PUSER02' }), { body: { incident: { status: 'acknowledged' } } });
  const { body } = await control('GET', '/history');
  t.strictSame(
    body.history.map((item: { kind: string; incidentNumber: number }) => [item.incidentNumber, item.kind].join(' ')),
    [
      ...['1 created', '1 assigned', '2 created', '2 assigned', '3 created', '3 assigned'],
      ...['1 acknowledged', '1 assigned', '1 snoozed', '1 unacknowledged', '1 assigned', '1 assigned', '1 noted'],
      ...['1 escalated', '1 assigned', '1 urgency-changed', '1 priority-changed', '1 title-changed'],
      ...['2 resolved', '1 merged', '3 resolved', '3 acknowledged'],
      // Grace had resolved it, which left nobody assigned.
      '3 assigned',
    ],
  );
  t.match((await control('GET', '/history?since=22')).body.history, [{ n: 23, userId: 'PUSER02', wasAssigned: false }]);
  t.match((await call('GET', `/incidents/${a}/notes`)).body.notes, [{ user: { id: 'PUSER02' }, content: 'hm' }]);
});

t.test('bad control requests are told what is wrong', async (t) => {
  const { control } = build(t);
  const refused = async (method: Method, url: string, body: object | string, error: RegExp) =>
    t.match(await control(method, url, body), { status: 400, body: { error } }, String(error));
  await refused('POST', '/incidents', {}, /title/);
  await refused('POST', '/incidents', 'nonsense', /not JSON/);
  await refused('POST', '/incidents', { title: 'x', count: 20_001 }, /count/);
  await refused('PATCH', '/settings', { rateLimit: 1 }, /additional/i);
  await refused('POST', '/faults', { fault: { cut: 'sideways' } }, /cut/);
  await refused('POST', '/faults', { match: { path: '~(' }, fault: {} }, /regular expression/);
  await refused('POST', '/clock/advance', { seconds: -1 }, /seconds/);
  t.match(await control('POST', '/incidents/QNOPE/resolve'), { status: 404, body: { error: /QNOPE/ } });
  t.match(await control('GET', '/nowhere'), { status: 404, body: { error: /GET \/_sandbox lists/ } });
  t.match(await control('GET', ''), { status: 200, body: { routes: /./ } });
});

t.test('keys, services, policies, time and the whole account are under control', async (t) => {
  const { call, control, clock } = build(t);
  const added = await control('POST', '/keys', { count: 300 });
  t.equal(new Set(added.body.keys.map((one: { key: string }) => one.key)).size, 300);
  t.match(await control('POST', '/keys', { key: 'my-own-key', kind: 'user', userId: 'PUSER02' }), { status: 201 });
  t.match(await control('POST', '/keys', { key: 'my-own-key' }), { status: 400 });
  await control('PATCH', '/services/PSVCWEB', { acknowledgementTimeout: 60, autoResolveTimeout: 3600 });
  await control('PATCH', '/policies/PPOLTWO', { delayMinutes: 5 });
  const { id } = (await control('POST', '/incidents', { title: 'Disk full' })).body.incidents[0];
  await control('POST', `/incidents/${id}/acknowledge`);
  t.match(await control('POST', '/clock/advance', { seconds: 60 }), { body: { now: '2026-01-05T09:01:00Z' } });
  t.equal(clock.now(), Date.parse('2026-01-05T09:00:00Z'), 'nobody else’s clock moves');
  t.match((await call('GET', `/incidents/${id}`)).body.incident, {
    status: 'triggered',
    pending_actions: [
      { type: 'escalate', at: '2026-01-05T09:06:00Z' },
      { type: 'resolve', at: '2026-01-05T10:00:00Z' },
    ],
  });
  t.match((await control('GET', '/account')).body, {
    incidents: [{ id, status: 'triggered' }],
    users: [{ id: 'PUSER01' }],
  });
  await control('POST', '/reset');
  t.match((await control('GET', '/account')).body, { incidents: [], keys: [{}, {}, {}, {}] });
});

t.test('every request is on record, with counts by endpoint', async (t) => {
  const { call, control } = build(t);
  const { id } = (await control('POST', '/incidents', { title: 'Disk full' })).body.incidents[0];
  await call('GET', `/incidents/${id}?include[]=services`);
  await call('POST', `/incidents/${id}/notes`, { note: { content: 'hm' } });
  await call('POST', '/v2/enqueue', v2('trigger', 'cpu'));
  const { body } = await control('GET', '/requests');
  t.match(body.requests, [
    { n: 1, method: 'GET', path: `/incidents/${id}`, query: { 'include[]': 'services' }, status: 200, key: 'account' },
    { n: 2, method: 'POST', from: fromEmail, body: { note: { content: 'hm' } } },
    { n: 3, status: 202 },
  ]);
  t.strictSame(body.counts, { 'GET /incidents/:id': 1, 'POST /incidents/:id/notes': 1, 'POST /v2/enqueue': 1 });
  t.match((await control('GET', '/requests?since=2')).body, { requests: [{ n: 3 }], last: 3 });
  await control('DELETE', '/requests');
  t.strictSame((await control('GET', '/requests')).body, { requests: [], counts: {}, last: 3 });
});

t.test('faults answer instead of the account, or spoil its answer', async (t) => {
  const { call, control, clock } = build(t);
  const order = (fault: object, more: object = {}) => control('POST', '/faults', { fault, ...more });
  await order({ status: 503, body: 'busy', headers: { 'retry-after': '7' } }, { match: { path: '/users' }, skip: 1 });
  t.equal((await call('GET', '/teams')).status, 200, 'another path');
  t.equal((await call('GET', '/users')).status, 200, 'the first is let through');
  t.match(await call('GET', '/users'), { status: 503, text: 'busy', headers: { 'retry-after': /^7$/ } });
  t.equal((await call('GET', '/users')).status, 200, 'once');

  await order({ rateLimited: { resetSeconds: 9 } }, { match: { key: 'account', method: 'get' } });
  t.match(await call('GET', '/users'), {
    status: 429,
    headers: { 'ratelimit-reset': /^9$/ },
    body: { error: { code: 2020 } },
  });
  await order({ rateLimited: { resetSeconds: null } });
  const bare = await call('GET', '/users');
  t.match(bare, { status: 429, text: '' });
  t.notOk(bare.headers['ratelimit-reset']);

  for (const brokenBody of ['truncated', 'not-json', 'empty']) {
    await order({ brokenBody }, { match: { path: '~^/us[aeiou]rs$' } });
    t.match(await call('GET', '/users'), { status: 200, body: null }, brokenBody);
  }

  const { id } = (await control('POST', '/incidents', { title: 'Disk full' })).body.incidents[0];
  await order({ status: 502, handled: true });
  t.equal((await call('POST', `/incidents/${id}/notes`, { note: { content: 'kept' } })).status, 502);
  t.match((await call('GET', `/incidents/${id}/notes`)).body.notes, [{ content: 'kept' }], 'the change was made');

  await order({ delayMs: 5000 }, { times: 2 });
  t.match((await control('GET', '/faults')).body.faults, [{ times: 2, skip: 0 }]);
  const slow = call('GET', '/users');
  while (clock.sleeping === 0) await new Promise((resolve) => setImmediate(resolve));
  await clock.advance(5000);
  t.equal((await slow).status, 200);
  await control('DELETE', '/faults');
  t.strictSame((await control('GET', '/faults')).body, { faults: [] });
});

t.test('a connection is cut before the change or after it', async (t) => {
  const sandbox = await startSandbox({ clock: new ManualClock() });
  t.teardown(() => sandbox.close());
  const control = async (path: string, body: object) =>
    json(await fetch(`${sandbox.url}/_sandbox${path}`, { method: 'POST', body: JSON.stringify(body) }));
  const { incidents } = await control('/incidents', { title: 'Disk full' });
  const path = `/incidents/${incidents[0].id}/notes`;
  const headers = { authorization: `Bearer ${accountKey}`, from: fromEmail, 'content-type': 'application/json' };
  const send = () =>
    fetch(sandbox.url + path, { method: 'POST', headers, body: JSON.stringify({ note: { content: 'hm' } }) });
  const notes = () => sandbox.account.incident(incidents[0].id)?.notes.length;

  await control('/faults', { fault: { cut: 'before' } });
  await t.rejects(send(), 'cut before');
  t.equal(notes(), 0);
  await control('/faults', { fault: { cut: 'after' } });
  await t.rejects(send(), 'cut after');
  t.equal(notes(), 1);
  t.equal((await send()).status, 200);
  const log = await json(await fetch(`${sandbox.url}/_sandbox/requests`));
  t.match(log.requests, [
    { cut: 'before', status: null },
    { cut: 'after', status: null },
    { cut: null, status: 200 },
  ]);
});
