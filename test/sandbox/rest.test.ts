import type { InjectOptions } from 'fastify';
import t from 'tap';
import { sandboxCredentials } from '../../sandbox/account/seed-account.js';
import { createSandbox } from '../../sandbox/sandbox.js';
import { ManualClock } from '../support/manual-clock.js';

const { accountKey, userKey, readOnlyKey, noLogEntriesKey } = sandboxCredentials;
const fromEmail: string = sandboxCredentials.fromEmail;
type Test = { teardown(close: () => unknown): void };

function build(t: Test) {
  const clock = new ManualClock();
  const { app, account } = createSandbox({ clock });
  t.teardown(() => app.close());
  const call = async (method: 'GET' | 'POST' | 'PUT', url: string, body?: object, options: InjectOptions = {}) => {
    const headers = { authorization: `Token token=${accountKey}`, from: fromEmail, ...options.headers };
    const response = await app.inject({ method, url, headers, ...(body === undefined ? {} : { payload: body }) });
    return { status: response.statusCode, headers: response.headers, body: response.json() };
  };
  const trigger = async (title: string, more: object = {}): Promise<string[]> => {
    const response = await app.inject({ method: 'POST', url: '/_sandbox/incidents', payload: { title, ...more } });
    return response.json().incidents.map((incident: { id: string }) => incident.id);
  };
  const control = (method: 'PATCH' | 'POST', url: string, payload: object) =>
    app.inject({ method, url: `/_sandbox${url}`, payload });
  return { app, account, clock, call, trigger, control };
}

const update = (change: object) => ({ incident: { type: 'incident_reference', ...change } });
const numbers = (body: { incidents: { incident_number: number }[] }) =>
  body.incidents.map((incident) => incident.incident_number);

t.test('keys decide who may do what', async (t) => {
  const { call, trigger } = build(t);
  const [id] = await trigger('Disk full');
  const as = (authorization: string, from = fromEmail) => ({ headers: { authorization, from } });
  t.match(await call('GET', '/incidents', undefined, as('Token token=nope')), {
    status: 401,
    body: { error: { code: 2006, message: 'Authentication failed', errors: [] } },
  });
  t.equal((await call('GET', '/incidents', undefined, as(`Bearer ${accountKey}`))).status, 200);
  const note = { note: { content: 'hi' } };
  const path = `/incidents/${id}/notes`;
  t.match(await call('POST', path, note, as(`Token token=${readOnlyKey}`)), { status: 403 });
  t.match(await call('POST', path, note, as(`Token token=${accountKey}`, '')), {
    status: 400,
    body: { error: { code: 2016 } },
  });
  t.match(await call('POST', path, note, as(`Token token=${accountKey}`, 'nobody@example.com')), {
    status: 400,
    body: { error: { code: 1008 } },
  });
  t.match(await call('POST', path, note, as(`Token token=${userKey}`, '')), {
    status: 200,
    body: { note: { user: { id: 'PUSER01' }, content: 'hi' } },
  });
  for (const url of ['/log_entries', `/incidents/${id}/log_entries`]) {
    t.match(await call('GET', url, undefined, as(`Token token=${noLogEntriesKey}`)), { status: 403 });
  }
  t.match(await call('GET', '/users/me', undefined, as(`Token token=${userKey}`)), {
    body: { user: { id: 'PUSER01', email: fromEmail } },
  });
  t.match(await call('GET', '/users/me'), { status: 400 });
});

t.test('bodies that are not JSON objects are refused', async (t) => {
  const { app, call, trigger } = build(t);
  const [id] = await trigger('Disk full');
  const headers = { authorization: `Token token=${accountKey}`, from: fromEmail };
  const send = async (payload: string, type?: string) => {
    const more = type === undefined ? {} : { 'content-type': type };
    const response = await app.inject({
      method: 'PUT',
      url: `/incidents/${id}`,
      headers: { ...headers, ...more },
      payload,
    });
    return [response.statusCode, response.json().error.code];
  };
  const good = JSON.stringify(update({ status: 'acknowledged' }));
  t.strictSame(await send(good), [400, 2001], 'no content type');
  t.strictSame(await send(good, 'text/plain'), [400, 2001]);
  t.strictSame(await send('{"incident":', 'application/json'), [400, 2001]);
  t.strictSame(await send('[]', 'application/json'), [400, 2001]);
  t.match(await call('PUT', `/incidents/${id}`, update({ status: 'gone' })), { status: 400 });
  t.match(await call('GET', `/incidents/${id}`), { body: { incident: { status: 'triggered' } } }, 'nothing changed');
});

t.test('an incident has every field, dated in whole seconds by the injected clock', async (t) => {
  const { call, trigger } = build(t);
  const [id] = await trigger('Disk full');
  const { body, headers } = await call('GET', `/incidents/${id}`);
  t.equal(headers.date, 'Mon, 05 Jan 2026 09:00:00 GMT');
  t.match(body.incident, {
    id,
    type: 'incident',
    summary: '[#1] Disk full',
    incident_number: 1,
    created_at: '2026-01-05T09:00:00Z',
    status: 'triggered',
    incident_key: /^[0-9a-f]{32}$/,
    service: { id: 'PSVCWEB', type: 'service_reference' },
    assignments: [{ at: '2026-01-05T09:00:00Z', assignee: { id: 'PUSER02', type: 'user_reference' } }],
    resolved_at: null,
    first_trigger_log_entry: { type: 'trigger_log_entry_reference' },
    alert_counts: { all: 0, triggered: 0, resolved: 0 },
    pending_actions: [{ type: 'escalate', at: '2026-01-12T09:00:00Z' }],
    acknowledgements: [],
    priority: null,
    resolve_reason: null,
    urgency: 'high',
  });
  t.match(await call('GET', '/incidents/1'), { body: { incident: { id } } }, 'by number too');
  t.match(await call('GET', '/incidents/QNOPE'), {
    status: 404,
    body: { error: { code: 2100, message: 'Not Found' } },
  });
  const whole = await call('GET', `/incidents/${id}?include[]=services&include[]=assignees`);
  t.match(whole.body.incident, { service: { type: 'service' }, assignments: [{ assignee: { email: /@/ } }] });
});

t.test('the actions on one incident', async (t) => {
  const { call, trigger, clock } = build(t);
  const [id = '', other] = await trigger('Disk full', { count: 2 });
  const act = (change: object) => call('PUT', `/incidents/${id}`, update(change));
  t.match(await call('POST', `/incidents/${id}/snooze`, { duration: 60 }), {
    status: 400,
    body: { error: { code: 1012 } },
  });
  t.match(await act({ status: 'acknowledged' }), {
    status: 200,
    body: {
      incident: {
        acknowledgements: [{ acknowledger: { id: 'PUSER01' } }],
        assignments: [{ assignee: { id: 'PUSER01' } }],
      },
    },
  });
  t.match(await act({ status: 'acknowledged' }), { status: 400, body: { error: { code: 1002 } } });
  t.match(await call('POST', `/incidents/${id}/snooze`, { duration: 0 }), {
    status: 400,
    body: { error: { code: 1013 } },
  });
  t.match(await call('POST', `/incidents/${id}/snooze`, { duration: 60 }), {
    status: 201,
    body: { incident: { pending_actions: [{ type: 'unacknowledge', at: '2026-01-05T09:01:00Z' }] } },
  });
  await clock.advance(60_000);
  t.match(await call('GET', `/incidents/${id}`), { body: { incident: { status: 'triggered', acknowledgements: [] } } });
  t.match(await act({ assignments: [{ assignee: { id: 'PUSER03', type: 'user_reference' } }] }), {
    body: { incident: { assigned_via: 'direct_assignment', assignments: [{ assignee: { id: 'PUSER03' } }] } },
  });
  t.match(await act({ escalation_policy: { id: 'PPOLNIL', type: 'escalation_policy_reference' } }), {
    body: { error: { code: 1015 } },
  });
  t.match(await act({ escalation_level: 2 }), {
    body: { incident: { assignments: [{ assignee: { id: 'PUSER01' } }] } },
  });
  t.match(await call('PUT', `/incidents/${other}/merge`, { source_incidents: [{ id, type: 'incident_reference' }] }), {
    body: { incident: { id: other, type: 'incident_reference' } },
  });
  t.match(await call('GET', `/incidents/${id}`), {
    body: {
      incident: { status: 'resolved', resolve_reason: { type: 'merge_resolve_reason', incident: { id: other } } },
    },
  });
  t.match(await act({ status: 'resolved' }), { status: 400, body: { error: { code: 1001 } } });
});

t.test('creating by REST refuses a key that is open', async (t) => {
  const { call } = build(t);
  const wanted = {
    incident: {
      type: 'incident',
      title: 'Made',
      service: { id: 'PSVCPAY', type: 'service_reference' },
      incident_key: 'mine',
      urgency: 'low',
      priority: { id: 'PPRIO02', type: 'priority_reference' },
      body: { type: 'incident_body', details: 'long story' },
    },
  };
  const made = await call('POST', '/incidents', wanted);
  t.match(made, {
    status: 201,
    body: {
      incident: { incident_key: 'mine', urgency: 'low', priority: { summary: 'P2' }, body: { details: 'long story' } },
    },
  });
  t.match(await call('POST', '/incidents', wanted), { status: 400, body: { error: { code: 2002 } } });
  await call('PUT', `/incidents/${made.body.incident.id}`, update({ status: 'resolved' }));
  t.match(await call('POST', '/incidents', wanted), { status: 201 });
  t.equal((await call('GET', '/incidents?incident_key=mine&date_range=all')).body.incidents.length, 2);
});

t.test('creating by REST names what the account does not have', async (t) => {
  const { call } = build(t);
  const refused = async (change: object, code: number, error: RegExp) => {
    const incident = {
      type: 'incident',
      title: 'Made',
      service: { id: 'PSVCPAY', type: 'service_reference' },
      ...change,
    };
    const answer = await call('POST', '/incidents', { incident });
    t.match(answer, { status: 400, body: { error: { code, errors: [error] } } });
  };
  await refused({ service: { id: 'PNONE', type: 'service_reference' } }, 2002, /^Service not found$/);
  await refused({ priority: { id: 'PNONE', type: 'priority_reference' } }, 1020, /./);
  await refused({ escalation_policy: { id: 'PNONE', type: 'escalation_policy_reference' } }, 1014, /./);
  t.match(await call('GET', '/priorities?limit=2'), {
    status: 200,
    body: { priorities: [{ id: 'PPRIO01', summary: 'P1' }, { id: 'PPRIO02' }], more: true },
  });
});

t.test('many incidents are updated all or none', async (t) => {
  const { call, trigger } = build(t);
  const [one, two] = await trigger('Disk full', { count: 2 });
  const both = (status: string) => ({
    incidents: [one, two].map((id) => ({ id, type: 'incident_reference', status })),
  });
  await call('PUT', `/incidents/${two}`, update({ status: 'resolved' }));
  t.match(await call('PUT', '/incidents', both('resolved')), { status: 400, body: { error: { code: 1001 } } });
  t.match(await call('GET', `/incidents/${one}`), { body: { incident: { status: 'triggered' } } });
  t.match(await call('PUT', '/incidents', both('acknowledged')), {
    status: 200,
    body: { incidents: [{ status: 'acknowledged' }, { status: 'acknowledged' }], more: false },
  });
  const tooMany = { incidents: Array.from({ length: 251 }, () => ({ id: one, type: 'incident_reference' })) };
  t.match(await call('PUT', '/incidents', tooMany), { status: 413 });
});

t.test('listing incidents: pages, limits and ranges', async (t) => {
  const { call, trigger, clock, control } = build(t);
  await trigger('Old', { count: 3 });
  await clock.advance(40 * 86_400_000);
  await trigger('New', { count: 30 });
  const list = async (query: string) => (await call('GET', `/incidents?${query}`)).body;
  t.match(await list(''), { limit: 25, offset: 0, more: true, total: null });
  t.match(await list('limit=500&total=true'), { limit: 100, more: false, total: 30 }, 'capped; the last month only');
  t.match(await list('date_range=all&total=true&limit=1'), { total: 33, more: true });
  t.strictSame(numbers(await list('date_range=all&sort_by=incident_number:asc&limit=2&offset=3')), [4, 5]);
  t.strictSame(numbers(await list('sort_by=incident_number:desc&limit=2')), [33, 32]);
  t.strictSame(numbers(await list('since=2026-01-05T09:00:00Z&sort_by=created_at&limit=4')), [1, 2, 3, 4], 'inclusive');
  const unsorted = numbers(await list('date_range=all&limit=100'));
  t.notSame(
    unsorted,
    [...unsorted].sort((a, b) => a - b),
    'no order was promised',
  );
  for (const query of [
    'limit=100&offset=9901',
    'limit=x',
    'statuses[]=gone',
    'sort_by=title',
    'sort_by=urgency,created_at,incident_number',
  ]) {
    t.match(await call('GET', `/incidents?${query}`), { status: 400, body: { error: { code: 2001 } } }, query);
  }
  const range = 'since=2025-01-01T00:00:00Z&until=2025-08-01T00:00:00Z';
  t.match(await call('GET', `/incidents?${range}`), { status: 400, body: { error: { code: 2005 } } });
  t.match(await call('GET', '/incidents?since=yesterday'), { status: 400, body: { error: { code: 2004 } } });
  const naive = await list('since=2026-01-05T04:00:00&until=2026-01-05T04:00:01');
  t.equal(naive.incidents.length, 3, 'without a zone the time is the account’s own');

  await control('PATCH', '/settings', { repeatBetweenPages: true });
  const first = numbers(await list('date_range=all&limit=10'));
  const second = numbers(await list('date_range=all&limit=10&offset=10'));
  t.equal(second[0], first.at(-1), 'an unsorted listing repeats an incident');
});

t.test('listing incidents: filters', async (t) => {
  const { call, trigger } = build(t);
  const [, two, three] = await trigger('Web', { count: 3 });
  await trigger('Pay', { serviceId: 'PSVCPAY', urgency: 'low', key: 'pay' });
  await call('PUT', `/incidents/${two}`, update({ status: 'acknowledged' }));
  await call('PUT', `/incidents/${three}`, update({ status: 'resolved' }));
  const list = async (query: string) =>
    numbers((await call('GET', `/incidents?sort_by=incident_number&${query}`)).body);
  t.strictSame(await list('statuses[]=triggered&statuses[]=acknowledged'), [1, 2, 4]);
  t.strictSame(await list('statuses[]=resolved'), [3]);
  t.strictSame(await list('user_ids[]=PUSER01'), [2]);
  t.strictSame(await list('service_ids[]=PSVCPAY'), [4]);
  t.strictSame(await list('team_ids[]=PTEAM01'), [1, 2, 3]);
  t.strictSame(await list('urgencies[]=low'), [4]);
  t.strictSame(await list('incident_key=pay'), [4]);
  t.strictSame(await list('incident_key='), [1, 2, 4], 'a blank key is every open incident');
  t.strictSame(numbers((await call('GET', '/incidents?sort_by=urgency:desc,incident_number:desc')).body), [3, 2, 1, 4]);
});

t.test('log entries come newest first and can be late', async (t) => {
  const { call, trigger, clock, control } = build(t);
  const [id] = await trigger('Disk full');
  await clock.advance(10_000);
  await call('POST', `/incidents/${id}/notes`, { note: { content: 'hello' } });
  const types = async (query: string) =>
    (await call('GET', `/log_entries?${query}`)).body.log_entries.map((entry: { type: string }) => entry.type);
  t.strictSame(await types(''), ['annotate_log_entry', 'assign_log_entry', 'trigger_log_entry']);
  t.strictSame(await types('since=2026-01-05T09:00:10Z'), ['annotate_log_entry'], 'since is inclusive');
  t.strictSame(await types('until=2026-01-05T09:00:10Z&limit=1&offset=1'), ['trigger_log_entry']);
  t.strictSame(await types('is_overview=true'), ['trigger_log_entry']);
  t.match(await call('GET', '/log_entries?limit=2&total=true'), { body: { more: true, total: 3 } });

  await control('POST', '/late-entries', { actions: 1, seconds: 30 });
  await call('PUT', `/incidents/${id}`, update({ status: 'acknowledged' }));
  await call('POST', `/incidents/${id}/notes`, { note: { content: 'again' } });
  t.equal((await types('')).includes('acknowledge_log_entry'), false);
  t.equal((await call('GET', `/incidents/${id}/log_entries`)).body.log_entries.length, 4);
  await clock.advance(30_000);
  const { body } = await call('GET', '/log_entries?since=2026-01-05T09:00:10Z&include[]=incidents');
  t.match(
    body.log_entries.find((entry: { type: string }) => entry.type === 'acknowledge_log_entry'),
    { created_at: '2026-01-05T09:00:10Z', incident: { id, status: 'acknowledged' } },
    'late, truly dated, with the incident as it is now',
  );
  t.match(await call('GET', `/log_entries/${body.log_entries[0].id}`), { status: 200 });

  await control('PATCH', '/settings', { incidentDelaySeconds: 5, logEntryDelaySeconds: 5 });
  await trigger('Late');
  t.equal((await call('GET', '/incidents?date_range=all')).body.incidents.length, 1);
  await clock.advance(5000);
  t.equal((await call('GET', '/incidents?date_range=all')).body.incidents.length, 2);
});

t.test('the directory is searched, paged and read one by one', async (t) => {
  const { call } = build(t);
  const count = async (url: string, field: string) => (await call('GET', url)).body[field].length;
  t.equal(await count('/users', 'users'), 5);
  t.equal(await count('/users?query=HOPPER', 'users'), 1);
  t.match(await call('GET', '/users?limit=2&offset=4'), { body: { more: false, users: [{ id: 'PUSER05' }] } });
  t.equal(await count('/services?query=pay', 'services'), 1);
  t.equal(await count('/escalation_policies?user_ids[]=PUSER03', 'escalation_policies'), 1);
  t.equal(await count('/priorities', 'priorities'), 5);
  t.equal(await count('/teams', 'teams'), 2);
  t.equal(await count('/schedules?query=night', 'schedules'), 1);
  t.equal(await count('/oncalls', 'oncalls'), 4);
  t.ok(await count('/abilities', 'abilities'));
  for (const url of ['/users/PX', '/services/PX', '/escalation_policies/PX', '/log_entries/RX', '/nowhere']) {
    t.match(await call('GET', url), { status: 404, body: { error: { code: 2100 } } }, url);
  }
});

t.test('each key has its own rate limit', async (t) => {
  const { call, clock, control } = build(t);
  await control('PATCH', '/settings', { rateLimitPerMinute: 2 });
  t.match((await call('GET', '/abilities')).headers, { 'ratelimit-limit': /^2$/, 'ratelimit-remaining': /^1$/ });
  await clock.advance(20_000);
  await call('GET', '/abilities');
  t.match(await call('GET', '/abilities'), {
    status: 429,
    headers: { 'ratelimit-remaining': /^0$/, 'ratelimit-reset': /^40$/ },
    body: { error: { code: 2020 } },
  });
  t.match(await call('GET', '/abilities', undefined, { headers: { authorization: `Bearer ${userKey}` } }), {
    status: 200,
  });
  await clock.advance(40_000);
  t.equal((await call('GET', '/abilities')).status, 200);
});

t.test('ten thousand incidents and thirty thousand entries are listed without going through them all', async (t) => {
  const { account, call, trigger, clock } = build(t);
  await trigger('Bulk', { count: 10_000 });
  for (const incident of account.incidents)
    account.write(incident, 'link', { kind: 'service', id: 'PSVCWEB' }, { type: 'auto' }, 'x');
  await clock.advance(1000);
  await trigger('Last');
  t.ok(account.log.size > 30_000);
  const { body } = await call('GET', '/log_entries?since=2026-01-05T09:00:01Z&limit=100');
  t.equal(body.log_entries.length, 2);
  t.equal(
    (await call('GET', '/incidents?statuses[]=triggered&limit=100&offset=9900&sort_by=incident_number')).status,
    200,
  );
});
