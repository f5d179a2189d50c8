import t, { type Test } from 'tap';
import { ControlClient, lines } from '../../sandbox/kit/control-client.js';
import { startSandbox } from '../../sandbox/sandbox.js';
import { actionCases, prepare } from '../support/action-cases.js';
import { startOfflineCaller } from '../support/offline-caller.js';
import { errorOf, propertiesOf, startService } from '../support/running-service.js';
import { answer, startUpstream } from '../support/upstream.js';

function listOf(body: unknown, name: string): readonly unknown[] {
  const list = propertiesOf(body)[name];
  return Array.isArray(list) ? list : [];
}

t.test('open incidents are listed to the last page, the newest first', async (t) => {
  const { call, control } = await startService(t);
  await control.trigger({ count: 252 });
  const [first, second] = await control.incidents();
  await control.act(first?.id ?? '', 'resolve');
  await control.act(second?.id ?? '', 'resolve');
  await control.act((await control.trigger())[0].id, 'acknowledge');
  const sent = await control.sentDuring(async () => {
    const { status, body } = await call('GET', '/incidents');
    t.equal(status, 200);
    const numbers = listOf(body, 'incidents').map((incident) => propertiesOf(incident).incident_number);
    t.strictSame(
      numbers,
      Array.from({ length: 251 }, (_, index) => 253 - index),
    );
  });
  t.strictSame(
    sent.map(({ query }) => [propertiesOf(query).offset, propertiesOf(query).limit]),
    [
      ['0', '100'],
      ['100', '100'],
      ['200', '100'],
    ],
  );
});

t.test('users, escalation policies and services are found by a part of their name', async (t) => {
  const { call } = await startService(t);
  const found = async (path: string, name: string) =>
    listOf((await call('GET', path)).body, name).map((one) => propertiesOf(one).id);
  t.strictSame(await found('/users', 'users'), ['PUSER01', 'PUSER02', 'PUSER03', 'PUSER04', 'PUSER05']);
  t.strictSame(await found('/users?query=hopper', 'users'), ['PUSER02']);
  t.strictSame(await found('/users?query=grace%40sandbox', 'users'), ['PUSER02']);
  t.strictSame(await found('/users?query=nobody%26limit%3D1', 'users'), []);
  t.strictSame(await found('/escalation_policies?query=PAY', 'escalation_policies'), ['PPOLPAY']);
  t.equal((await found('/escalation_policies', 'escalation_policies')).length, 3);
  t.strictSame(await found('/services?query=SHOP', 'services'), ['PSVCWEB']);
  t.strictSame(await found('/services', 'services'), ['PSVCBAT', 'PSVCPAY', 'PSVCWEB']);
  t.match((await call('GET', '/services?query=shop')).body, { services: [{ summary: 'Web shop' }] });
  t.equal((await call('GET', `/users?query=${'x'.repeat(256)}`)).status, 400);
});

t.test('priorities are listed from the most to the least severe', async (t) => {
  const { call } = await startService(t);
  const { body } = await call('GET', '/priorities');
  const named = listOf(body, 'priorities').map((one) => [propertiesOf(one).id, propertiesOf(one).summary]);
  t.strictSame(
    named,
    [1, 2, 3, 4, 5].map((n) => [`PPRIO0${n}`, `P${n}`]),
  );
});

t.test('equal lists that are asked for at the same time or soon after are one listing', async (t) => {
  const { call, control, sandbox } = await startService(t);
  await control.patch('/settings', { latencyMs: 50 });
  for (const path of [
    '/incidents',
    '/users',
    '/users?query=ada',
    '/escalation_policies',
    '/services',
    '/services?query=pay',
    '/priorities',
  ]) {
    const sent = await control.sentDuring(async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => call('GET', path)));
      for (const { status, text } of [...answers, await call('GET', path)]) {
        t.equal(status, 200);
        t.equal(text, answers[0]?.text ?? '');
      }
    });
    t.strictSame(lines(sent), [`GET ${path.split('?', 1)[0]}`], path);
  }
  const sent = await control.sentDuring(() => call('GET', '/users', { key: sandbox.credentials.userKey }));
  t.strictSame(lines(sent), ['GET /users'], 'another key has lists of its own');
});

/** The service before a PagerDuty that answers each listing as the test says. */
async function startBefore(t: Test, bodyOf: (url: string) => object) {
  const upstream = await startUpstream(t, (response, { url }) => answer(response, { body: bodyOf(url) }));
  const { call } = await startService(t, { environment: { PAGERDUTY_API_URL: upstream.url.href } });
  return { upstream, call };
}

t.test('dropdowns with different filters have different lists', async (t) => {
  const { upstream, call } = await startBefore(t, (url) =>
    url.startsWith('/users') ? { users: [{ id: url }] } : { escalation_policies: [{ id: url }] },
  );
  const listed = async (path: string, name: string) => propertiesOf(listOf((await call('GET', path)).body, name)[0]).id;
  t.strictSame(
    [
      await listed('/users', 'users'),
      await listed('/users?query=ada', 'users'),
      await listed('/escalation_policies', 'escalation_policies'),
      await listed('/escalation_policies?query=ada', 'escalation_policies'),
      await listed('/users?query=ada', 'users'),
    ],
    [
      '/users?offset=0&limit=100',
      '/users?offset=0&limit=100&query=ada',
      '/escalation_policies?offset=0&limit=100',
      '/escalation_policies?offset=0&limit=100&query=ada',
      '/users?offset=0&limit=100&query=ada',
    ],
  );
  t.equal(upstream.received.length, 4);
});

t.test('a dropdown’s list ends at a bound, however much there is, and has each item once', async (t) => {
  const { upstream, call } = await startBefore(t, (url) => {
    const query = new URL(url, 'http://host').searchParams;
    const items = Array.from({ length: Number(query.get('limit')) }, (_, index) => ({
      id: `P${Number(query.get('offset')) + index}`,
      status: 'triggered',
      created_at: '2026-01-05T09:00:00Z',
    }));
    return { [url.slice(1, url.indexOf('?'))]: items, more: true };
  });
  for (const [name, bound] of [
    ['incidents', 1_000],
    ['users', 2_000],
    ['escalation_policies', 2_000],
    ['services', 2_000],
    ['priorities', 2_000],
  ] as const) {
    const { body } = await call('GET', `/${name}`);
    const ids = listOf(body, name).map((item) => propertiesOf(item).id);
    t.strictSame([ids.length, new Set(ids).size], [bound, bound], name);
  }
  t.equal(upstream.received.length, 90);
  await call('GET', '/users?query=again');
  t.equal(upstream.received.length, 110);
});

t.test('a dropdown’s list has what is declared, and nothing else that PagerDuty sends', async (t) => {
  const more = { a_field_of_next_year: 'x' };
  const team = { id: 'PTEAM', summary: 'Team', type: 'team_reference', self: null, html_url: null };
  const { call } = await startBefore(t, () => ({
    services: [{ id: 'P1', summary: 'One', type: 'service', ...more, integrations: [{ id: 'P2' }] }],
    users: [{ id: 'P3', name: 'Ada', teams: [{ ...team, ...more }, 'odd'], contact_methods: null, ...more }],
    more: false,
  }));
  const services = await call('GET', '/services');
  t.match(services.headers, { 'content-type': /^application\/json; charset=utf-8$/ });
  t.strictSame(listOf(services.body, 'services'), [
    { id: 'P1', type: 'service', summary: 'One', self: null, html_url: null },
  ]);
  const [user] = listOf((await call('GET', '/users')).body, 'users');
  t.match(user, { id: 'P3', name: 'Ada', email: null, contact_methods: [] });
  t.strictSame(propertiesOf(user).teams, [team, 'odd']);
  t.notOk('a_field_of_next_year' in propertiesOf(user));
});

t.test('a dropdown’s list ends at four megabytes, too', async (t) => {
  const { upstream, call } = await startBefore(t, (url) => {
    const offset = Number(new URL(url, 'http://host').searchParams.get('offset'));
    const item = (index: number) => ({ id: `P${offset + index}`, description: 'ü'.repeat(5_000) });
    return { users: Array.from({ length: 100 }, (_, index) => item(index)), more: true };
  });
  const { text, body } = await call('GET', '/users');
  t.equal(upstream.received.length, 5, 'and nothing more is read');
  const ids = listOf(body, 'users').map((item) => propertiesOf(item).id);
  t.ok(ids.length > 380 && ids.length < 420, `${ids.length} users of 10 KB`);
  t.strictSame(
    ids,
    ids.map((_, index) => `P${index}`),
  );
  t.ok(Buffer.byteLength(text) < 4.1 * 1024 * 1024);
});

t.test('a list that failed is not remembered', async (t) => {
  const { call, control } = await startService(t);
  await control.fault({ path: '/users' }, { status: 403 });
  t.equal((await call('GET', '/users')).status, 403);
  t.equal((await call('GET', '/users')).status, 200);
});

t.test('a list is asked for again once it is fifteen seconds old', async (t) => {
  const { call, clock, control } = await startOfflineCaller(t);
  const asked = async () => lines(await control.sentDuring(() => call('ListUsers', {}))).length;
  t.equal(await asked(), 1);
  await clock.advance(14_000);
  t.equal(await asked(), 0);
  await clock.advance(2_000);
  t.equal(await asked(), 1);
});

t.test('a test of the connection says what the key is good for, and changes nothing', async (t) => {
  const { call, control, sandbox } = await startService(t);
  const { accountKey, userKey, readOnlyKey, noLogEntriesKey, eventsV2Keys } = sandbox.credentials;
  const before = await control.get('/history');
  for (const key of [accountKey, userKey, noLogEntriesKey]) {
    t.match(await call('GET', '/test_connection', { key }), {
      status: 200,
      body: { access: 'full', message: /change/ },
    });
  }
  t.match(await call('GET', '/test_connection', { key: readOnlyKey }), {
    status: 200,
    body: { access: 'read-only', message: /only read/ },
  });
  for (const [key, code, message] of [
    ['y_NotAKeyOfAnyone999', 'invalid_api_key', /does not accept/],
    [eventsV2Keys.PSVCWEB, 'integration_key_as_api_key', /looks like an integration key/],
  ] as const) {
    const answer = await call('GET', '/test_connection', { key });
    t.equal(answer.status, 401);
    t.match(errorOf(answer), { code: new RegExp(`^${code}$`), message, pagerduty: { status: 401 } });
    t.notOk(answer.text.includes(key));
  }
  await control.fault({ path: '/users' }, { status: 500 }, { times: 3 });
  t.match(await call('GET', '/test_connection'), { status: 502, body: { error: { code: /^pagerduty_error$/ } } });
  await control.fault({ method: 'PUT' }, { rateLimited: { resetSeconds: 9 } });
  t.match(await call('GET', '/test_connection'), { status: 429, headers: { 'retry-after': /^9$/ } });
  t.strictSame(await control.get('/history'), before);
});

t.test('a key of the other region is told from a wrong one', async (t) => {
  const eu = await startSandbox();
  t.teardown(() => eu.close());
  await new ControlClient(eu.url).post('/keys', { key: 'y_OnlyKnownInEurope1' });
  const { call } = await startOfflineCaller(t, { otherRegionUrl: new URL(eu.url) });
  t.match(await call('TestConnection', {}, 'y_OnlyKnownInEurope1'), {
    statusCode: 401,
    error: { code: /^api_key_of_other_region$/, message: /other region/ },
  });
  t.match(await call('TestConnection', {}, 'y_KnownNowhereAtAll1'), {
    statusCode: 401,
    error: { code: /^invalid_api_key$/ },
  });
  t.match(await call('TestConnection', {}), { access: 'full' });
  await eu.close();
  t.match(await call('TestConnection', {}, 'y_OnlyKnownInEurope1'), { error: { code: /^invalid_api_key$/ } });
});

t.test('an answer that does not come in time is a 504, and what goes once is not sent again', async (t) => {
  const { call, control } = await startOfflineCaller(t);
  for (const action of actionCases) {
    const [incident, other] = await prepare(control, action);
    const inputs = action.inputs(incident, other);
    if ('userId' in inputs) await call('AddNoteToIncident', { incidentId: incident.id, userId: 'PUSER02', note: 'x' });
    await control.fault(action.decisive, { delayMs: 10_001, status: 500 }, { times: 9 });
    let answer: object = {};
    const sent = await control.sentDuring(async () => {
      answer = await call(action.operation.id, inputs);
    });
    await control.clearFaults();
    t.match(
      answer,
      {
        statusCode: 504,
        error: { code: /^pagerduty_timeout$/, message: /^PagerDuty did not answer (?:within 10 seconds|in time)\./ },
      },
      action.operation.id,
    );
    const { mayHaveBeenDone } = errorOf({ body: answer });
    t.equal(mayHaveBeenDone, action.persistence === 'read' ? undefined : true, action.operation.id);
    const decisive = sent.filter(({ method }) => method === action.decisive.method);
    t.equal(decisive.length, { read: 3, change: 2, once: 1 }[action.persistence], action.operation.id);
  }
});
