import t, { type Test } from 'tap';
import { type Call, type Credential, PagerDutyClient } from '../../src/pagerduty/client.js';
import { DirectoryApi } from '../../src/pagerduty/directory-api.js';
import { PagerDutyResponseError } from '../../src/pagerduty/errors.js';
import { EventsApi } from '../../src/pagerduty/events-api.js';
import { IncidentsApi, LogEntriesApi } from '../../src/pagerduty/incidents-api.js';
import { ProbeApi } from '../../src/pagerduty/probe-api.js';
import { Transport } from '../../src/pagerduty/transport.js';
import { HastyClock } from '../support/hasty-clock.js';
import { ManualClock } from '../support/manual-clock.js';
import { passThroughGate } from '../support/pass-through-gate.js';
import { until } from '../support/until.js';
import { answer, type Behaviour, startUpstream } from '../support/upstream.js';

const key = 'u+S3cretKey_-9';

interface Options {
  readonly credential?: Credential;
  readonly random?: () => number;
}

async function build<C extends ManualClock>(
  t: Test,
  clock: C,
  behaviours: readonly Behaviour[],
  options: Options = {},
) {
  const { credential = { scheme: 'Token', key }, random = () => 0 } = options;
  const upstream = await startUpstream(t, ...behaviours);
  const outcomes: string[] = [];
  const transport = new Transport({
    baseUrl: upstream.url,
    clock,
    deadlineMs: 10_000,
    report: ({ outcome }) => outcomes.push(outcome),
  });
  t.teardown(() => transport.close());
  const client = new PagerDutyClient({ transport, credential, clock, random, gate: passThroughGate });
  const events = new EventsApi({ transport, clock, random });
  return { upstream, clock, outcomes, client, events };
}

const buildHasty = (t: Test, behaviours: readonly Behaviour[], options?: Options) =>
  build(t, new HastyClock(), behaviours, options);

const get: Call<unknown> = { method: 'GET', path: '/users', idempotent: true, read: (body) => body };
const put: Call<unknown> = { method: 'PUT', path: '/users', body: {}, idempotent: false, read: (body) => body };
const limited = (seconds: number) => ({ status: 429, headers: { 'ratelimit-reset': `${seconds}` }, body: '' });
const user = { id: 'PUSER01', name: 'Ada', email: 'ada@example.com' };
const incident = { id: 'PINC001', status: 'triggered', created_at: '2026-01-05T09:00:00Z', brand_new: [1] };

async function failureOf(promise: Promise<unknown>): Promise<PagerDutyResponseError> {
  const failure: unknown = await promise.then(
    () => 'no failure',
    (error: unknown) => error,
  );
  if (failure instanceof PagerDutyResponseError) return failure;
  throw new TypeError(`expected an error that PagerDuty answered, got ${failure}`);
}

t.test('a call without a body says who asks and what it takes, and no more', async (t) => {
  const { upstream, client } = await buildHasty(t, [{ body: { a: 1 } }]);
  t.strictSame(await client.call(get), { a: 1 });
  const [request] = upstream.received;
  t.match(request, {
    method: 'GET',
    url: '/users',
    headers: { accept: 'application/vnd.pagerduty+json;version=2', authorization: `Token token=${key}` },
    body: '',
  });
  t.equal(request?.headers['content-type'], 'application/json', 'as PagerDuty’s specification wants of every call');
  for (const name of ['from', 'transfer-encoding']) t.notOk(request?.headers[name], name);
});

t.test('a call with a body says that it is JSON, and who acts', async (t) => {
  const { upstream, client } = await buildHasty(t, [{}]);
  await client.call({ ...put, from: 'ada@example.com', body: { note: { content: 'ü😀"\\' } } });
  t.match(upstream.received, [
    {
      method: 'PUT',
      headers: {
        accept: 'application/vnd.pagerduty+json;version=2',
        'content-type': 'application/json',
        from: 'ada@example.com',
      },
      body: '{"note":{"content":"ü😀\\"\\\\"}}',
    },
  ]);
});

t.test('a token is sent as a bearer', async (t) => {
  const { upstream, client } = await buildHasty(t, [{}], { credential: { scheme: 'Bearer', key: 'pdus+_0X' } });
  await client.call(get);
  t.equal(upstream.received[0]?.headers.authorization, 'Bearer pdus+_0X');
});

t.test('a query holds what is given: lists one by one, nothing for undefined', async (t) => {
  const { upstream, client } = await buildHasty(t, [{}]);
  await client.call({
    ...get,
    query: { 'statuses[]': ['triggered', 'a&b=c'], none: [], left: undefined, offset: 0, all: false, text: 'ü +/%?#' },
  });
  const { pathname, searchParams } = new URL(upstream.received[0]?.url ?? '', upstream.url);
  t.equal(pathname, '/users');
  t.strictSame(
    [...searchParams],
    [
      ['statuses[]', 'triggered'],
      ['statuses[]', 'a&b=c'],
      ['offset', '0'],
      ['all', 'false'],
      ['text', 'ü +/%?#'],
    ],
  );
  await client.call({ ...get, query: { left: undefined, none: [] } });
  t.equal(upstream.received[1]?.url, '/users');
});

t.test('a path value stays one segment, and one that cannot be is never sent', async (t) => {
  const { upstream, client } = await buildHasty(t, [{}]);
  await client.call({ ...get, path: '/users/{id}/notes', pathValues: { id: '../a b?c#d' } });
  t.equal(upstream.received[0]?.url, '/users/..%2Fa%20b%3Fc%23d/notes');
  await t.rejects(client.call({ ...get, path: '/users/{id}', pathValues: { id: '..' } }), RangeError);
  t.equal(upstream.received.length, 1);
});

t.test('PagerDuty’s own time comes with the answer', async (t) => {
  const { upstream, client } = await buildHasty(t, [{ headers: { date: 'Mon, 05 Jan 2026 10:00:01 GMT' } }]);
  t.equal((await client.callWithTime(get)).serverTimeMs, Date.parse('2026-01-05T10:00:01Z'));
  upstream.script({ headers: { date: 'yesterday' } });
  t.equal((await client.callWithTime(get)).serverTimeMs, undefined);
  upstream.script((response) => {
    response.sendDate = false;
    answer(response, {});
  });
  t.equal((await client.callWithTime(get)).serverTimeMs, undefined);
});

t.test('a failure that may pass is tried three times, each time after a longer wait', async (t) => {
  for (const status of [408, 429, 500, 502, 503, 504, 599]) {
    const { upstream, clock, client } = await buildHasty(t, [{ status, body: { error: { code: 1, message: 'No' } } }]);
    t.match(await failureOf(client.call(get)), { pagerDutyStatus: status, pagerDutyCode: 1 });
    t.equal(upstream.received.length, 3, `${status}`);
    t.strictSame(clock.sleepsMs, [125, 250], `${status}`);
  }
  const { clock, client } = await buildHasty(t, [{ status: 500 }], { random: () => 1 });
  await t.rejects(client.call(get));
  t.strictSame(clock.sleepsMs, [250, 500], 'with all the jitter');
});

t.test('a failure that is final is not tried again', async (t) => {
  for (const status of [301, 400, 401, 402, 403, 404, 409, 422]) {
    const { upstream, clock, client } = await buildHasty(t, [{ status }]);
    t.equal((await failureOf(client.call(get))).pagerDutyStatus, status);
    t.equal(upstream.received.length, 1, `${status}`);
    t.strictSame(clock.sleepsMs, []);
  }
});

t.test('the first answer that is good is taken', async (t) => {
  const cut: Behaviour = (response) => response.destroy();
  const { upstream, client, outcomes } = await buildHasty(t, [{ status: 503 }, cut, { body: { a: 1 } }]);
  t.strictSame(await client.call(get), { a: 1 });
  t.equal(upstream.received.length, 3);
  t.strictSame(outcomes, ['503', 'unreachable', '200']);
});

t.test('a call that must not be repeated is sent once, whatever happens', async (t) => {
  const behaviours: readonly Behaviour[] = [
    { status: 408 },
    { status: 429 },
    { status: 500 },
    { status: 503, headers: { 'retry-after': '1' } },
    { body: '{"incident":' },
    (response) => response.destroy(),
  ];
  for (const behaviour of behaviours) {
    const { upstream, clock, client } = await buildHasty(t, [behaviour]);
    await t.rejects(client.call(put));
    t.equal(upstream.received.length, 1);
    t.strictSame(clock.sleepsMs, []);
  }
});

t.test('a timeout is tried again if the call may be repeated, and only then', async (t) => {
  const hang = () => undefined;
  const { upstream, clock, client, outcomes } = await build(t, new ManualClock(), [hang, { body: { a: 1 } }]);
  const called = client.call(get);
  await until(() => upstream.received.length === 1);
  await clock.advance(10_000);
  await until(() => outcomes.length === 1);
  await clock.advance(125);
  t.strictSame(await called, { a: 1 });
  upstream.script(hang);
  const once = t.rejects(client.call(put), { code: /^pagerduty_timeout$/ });
  await until(() => upstream.received.length === 3);
  await clock.advance(10_000);
  await once;
  t.equal(clock.sleeping, 0);
  t.equal(upstream.received.length, 3);
});

t.test('a connection that is refused is tried again, then told', async (t) => {
  const { upstream, clock, client, outcomes } = await buildHasty(t, []);
  await upstream.stop();
  await t.rejects(client.call(get), { code: /^pagerduty_unreachable$/, notSent: true });
  t.strictSame(outcomes, ['unreachable', 'unreachable', 'unreachable']);
  t.strictSame(clock.sleepsMs, [125, 250]);
});

t.test('PagerDuty’s own wait is obeyed if it is longer than the back-off', async (t) => {
  const { upstream, clock, client } = await buildHasty(t, [limited(2), { body: { a: 1 } }]);
  t.strictSame(await client.call(get), { a: 1 });
  t.strictSame(clock.sleepsMs, [2_000]);
  t.equal(upstream.received.length, 2);
  upstream.script({ status: 503, headers: { 'retry-after': '1' } }, limited(0), { body: { b: 2 } });
  t.strictSame(await client.call(get), { b: 2 });
  t.strictSame(clock.sleepsMs, [2_000, 1_000, 250]);
});

t.test('a wait of more than two seconds is passed on instead of waited for', async (t) => {
  for (const reply of [limited(3), { status: 503, headers: { 'retry-after': '3' } }]) {
    const { upstream, clock, client } = await buildHasty(t, [reply]);
    t.match(await failureOf(client.call(get)), { statusCode: reply.status, retryAfterMs: 3_000 });
    t.equal(upstream.received.length, 1);
    t.strictSame(clock.sleepsMs, []);
  }
});

t.test('after a 429 nothing leaves before the time that PagerDuty named', async (t) => {
  const { upstream, clock, client } = await build(t, new ManualClock(), [limited(30), { body: { a: 1 } }]);
  t.equal((await failureOf(client.call(get))).retryAfterMs, 30_000);
  const refused = await failureOf(client.call(get));
  t.match(refused, {
    pagerDutyStatus: 429,
    code: /^pagerduty_rate_limited$/,
    pagerDutyCode: 2020,
    retryAfterMs: 30_000,
  });
  await clock.advance(29_999);
  t.equal((await failureOf(client.call(put))).retryAfterMs, 1);
  t.equal(upstream.received.length, 1);
  await clock.advance(1);
  t.strictSame(await client.call(put), { a: 1 });
  t.equal(upstream.received.length, 2);
});

t.test('a call that finds the rest of a short wait waits for it', async (t) => {
  const { upstream, clock, client } = await buildHasty(t, [limited(2), { body: { a: 1 } }]);
  t.equal((await failureOf(client.call(put))).retryAfterMs, 2_000);
  await clock.advance(500);
  t.strictSame(await client.call(get), { a: 1 });
  t.strictSame(clock.sleepsMs, [1_500]);
  t.equal(upstream.received.length, 2);
});

t.test('the longest of several named times counts', async (t) => {
  const { upstream, clock, client } = await build(t, new ManualClock(), [limited(30), limited(5), {}]);
  await Promise.all([t.rejects(client.call(put)), t.rejects(client.call(put))]);
  t.equal(upstream.received.length, 2);
  await clock.advance(5_000);
  t.equal((await failureOf(client.call(put))).retryAfterMs, 25_000);
});

t.test('a 429 that names no time silences nobody', async (t) => {
  const { upstream, client } = await buildHasty(t, [{ status: 429, body: '' }, { body: { a: 1 } }]);
  t.equal((await failureOf(client.call(put))).retryAfterMs, undefined);
  t.strictSame(await client.call(put), { a: 1 });
  t.equal(upstream.received.length, 2);
});

t.test('one credential’s 429 does not silence another', async (t) => {
  const clock = new ManualClock();
  const upstream = await startUpstream(t, limited(30), { body: { a: 1 } });
  const transport = new Transport({ baseUrl: upstream.url, clock, deadlineMs: 10_000, report: () => undefined });
  t.teardown(() => transport.close());
  const clientOf = (name: string) =>
    new PagerDutyClient({
      transport,
      credential: { scheme: 'Token', key: name },
      clock,
      random: () => 0,
      gate: passThroughGate,
    });
  await t.rejects(clientOf('one').call(get));
  t.strictSame(await clientOf('two').call(get), { a: 1 });
});

t.test('a key that PagerDuty repeats is not carried on', async (t) => {
  const bodies = [
    { error: { code: 2006, message: `Unknown key ${key}`, errors: [`${key} is wrong`, key + key] } },
    { error: `Unknown key ${key}` },
    { message: key, errors: key },
  ];
  for (const body of bodies) {
    const { client } = await buildHasty(t, [{ status: 401, body }]);
    const error = await failureOf(client.call(get));
    const told = JSON.stringify([error.message, error.stack, error.details, error.pagerDutyErrors, `${error.cause}`]);
    t.notMatch(told, key);
    t.match(told, /\(redacted\)/);
  }
});

t.test('an error body that is not JSON, or is none, still makes an error of its status', async (t) => {
  for (const body of ['', 'Bad Gateway', '<html>', '{"error":', 'null', '[]', '"no"']) {
    const { client } = await buildHasty(t, [{ status: 400, body }]);
    t.equal((await failureOf(client.call(get))).message, 'PagerDuty answered 400. Correct the inputs and call again.');
  }
});

t.test('a success whose body cannot be read is an error of its own, and not tried again', async (t) => {
  const incidents = (body: unknown, status = 200): Behaviour => ({ status, body });
  const wrong: ReadonlyArray<readonly [behaviour: Behaviour, expected: RegExp]> = [
    [incidents('{"incident":{"id":"P1"'), /expected JSON\./],
    [incidents('<html>signed out</html>'), /expected JSON\./],
    [incidents('', 204), /expected JSON\./],
    [incidents({}), /expected an incident \(/],
    [incidents({ incident: null }), /expected an incident \(\/incident /],
    [incidents({ incident: { ...incident, id: '' } }), /expected an incident \(\/incident\/id /],
    [incidents({ incident: { ...incident, id: 7 } }), /expected an incident \(\/incident\/id /],
  ];
  for (const [behaviour, message] of wrong) {
    const { upstream, client } = await buildHasty(t, [behaviour]);
    await t.rejects(new IncidentsApi(client).get('P1'), {
      code: /^pagerduty_invalid_response$/,
      statusCode: 502,
      message,
    });
    t.equal(upstream.received.length, 1);
  }
});

t.test('incidents are got and listed', async (t) => {
  const { upstream, client } = await buildHasty(t, [
    { body: { incident } },
    { body: { incidents: [incident], more: true }, headers: { date: 'Mon, 05 Jan 2026 10:00:01 GMT' } },
    { body: { incidents: [], more: null } },
    { body: { incidents: [] } },
  ]);
  const incidents = new IncidentsApi(client);
  t.strictSame(await incidents.get('P/1'), incident, 'fields that nobody reads are carried along');
  const query = { 'statuses[]': ['triggered'], limit: 1 };
  t.strictSame(await incidents.listWithTime(query), {
    value: { items: [incident], received: 1, setAside: [], mended: [], more: true, total: undefined },
    serverTimeMs: Date.parse('2026-01-05T10:00:01Z'),
  });
  t.match(await incidents.list(query), { items: [], more: false });
  t.match(await incidents.list({}), { items: [], more: false });
  t.strictSame(
    upstream.received.map(({ method, url }) => `${method} ${url}`),
    [
      'GET /incidents/P%2F1',
      'GET /incidents?statuses%5B%5D=triggered&limit=1',
      'GET /incidents?statuses%5B%5D=triggered&limit=1',
      'GET /incidents',
    ],
  );
});

t.test('incidents are changed, snoozed and noted on behalf of a user', async (t) => {
  const note = { id: 'PNOTE01', content: 'On it', user: { id: 'PUSER01', summary: 'Ada' } };
  const { upstream, client } = await buildHasty(t, [
    { body: { incident } },
    { status: 201, body: { incident } },
    { body: { note } },
    { body: { note: {} } },
  ]);
  const incidents = new IncidentsApi(client);
  const who = { id: 'P/1', from: 'ada@example.com' };
  t.strictSame(await incidents.update({ ...who, change: { status: 'resolved' } }), incident);
  t.strictSame(await incidents.snooze({ ...who, durationSeconds: 3_600 }), incident);
  t.strictSame(await incidents.addNote({ ...who, content: 'On it' }), note);
  await t.rejects(incidents.addNote({ ...who, content: 'On it' }), { message: /expected a note \(\/note\/id / });
  t.match(upstream.received, [
    { method: 'PUT', url: '/incidents/P%2F1', headers: { from: 'ada@example.com' } },
    { method: 'POST', url: '/incidents/P%2F1/snooze', headers: { from: 'ada@example.com' } },
    { method: 'POST', url: '/incidents/P%2F1/notes', headers: { from: 'ada@example.com' } },
    {},
  ]);
  t.strictSame(
    upstream.received.slice(0, 3).map(({ body }): unknown => JSON.parse(body)),
    [
      { incident: { type: 'incident_reference', status: 'resolved' } },
      { duration: 3_600 },
      { note: { content: 'On it' } },
    ],
  );
});

t.test('notes and log entries are listed', async (t) => {
  const notes = [{ id: 'PNOTE01', content: 'On it', user: null, created_at: null }, { id: 'PNOTE02' }];
  const entries = [
    {
      id: 'R1',
      type: 'assign_log_entry',
      created_at: '2026-01-05T09:00:00Z',
      incident,
      assignees: [{ id: 'PUSER01' }],
    },
    { id: 'R2', type: 'unheard_of_log_entry', created_at: '2026-01-05T09:00:00Z', incident: null, assignees: null },
    { id: 'R3', type: 'notify_log_entry', created_at: '2026-01-05T09:00:00Z' },
  ];
  const { upstream, client } = await buildHasty(t, [
    { body: { notes } },
    { body: { notes: [{}] } },
    { body: { log_entries: entries, more: true }, headers: { date: 'Mon, 05 Jan 2026 10:00:01 GMT' } },
    { body: { log_entries: [] } },
    { body: { log_entries: [{ id: 'R1' }] } },
  ]);
  const incidents = new IncidentsApi(client);
  t.match(await incidents.notes('P/1'), { items: notes, received: 2, setAside: [] });
  t.match(await incidents.notes('P/1'), { items: [], received: 1, setAside: [{ record: 'note', field: '/id' }] });
  const logEntries = new LogEntriesApi(client);
  const since = '2026-01-05T09:00:00Z';
  t.strictSame(await logEntries.list({ since, until: '2026-01-05T10:00:00Z', offset: 100, limit: 100 }), {
    value: { items: entries, received: entries.length, setAside: [], mended: [], more: true, total: undefined },
    serverTimeMs: Date.parse('2026-01-05T10:00:01Z'),
  });
  t.match(await logEntries.list({ since, offset: 0, limit: 1 }), { value: { items: [], more: false } });
  t.match(await logEntries.list({ since, offset: 0, limit: 1 }), {
    value: { items: [], received: 1, more: true, setAside: [{ record: 'log_entry', id: 'R1', field: '/type' }] },
  });
  t.strictSame(
    upstream.received.slice(1, 4).map(({ method, url }) => `${method} ${decodeURIComponent(url)}`),
    [
      'GET /incidents/P/1/notes',
      `GET /log_entries?since=${since}&until=2026-01-05T10:00:00Z&offset=100&limit=100&include[]=incidents`,
      `GET /log_entries?since=${since}&offset=0&limit=1&include[]=incidents`,
    ],
  );
});

t.test('no change of an incident is ever repeated: it may have been made, and undone since', async (t) => {
  const who = { id: 'P1', from: 'ada@example.com' };
  const changes: ReadonlyArray<(incidents: IncidentsApi) => Promise<unknown>> = [
    (incidents) => incidents.update({ ...who, change: { status: 'acknowledged' } }),
    (incidents) => incidents.snooze({ ...who, durationSeconds: 60 }),
    (incidents) => incidents.addNote({ ...who, content: 'On it' }),
  ];
  for (const change of changes) {
    const { upstream, client } = await buildHasty(t, [{ status: 503 }]);
    t.equal((await failureOf(change(new IncidentsApi(client)))).pagerDutyStatus, 503);
    t.equal(upstream.received.length, 1);
  }
});

t.test('a probe tells whether a key is accepted, and whether it may write', async (t) => {
  const credential: Credential = { scheme: 'Token', key };
  const probeOf = (client: PagerDutyClient) => new ProbeApi({ client, otherRegion: undefined, credential });
  const { upstream, client } = await buildHasty(t, [{ body: { users: [{}] } }]);
  const probe = probeOf(client);
  await probe.read();
  t.match(upstream.received, [{ method: 'GET', url: '/users?limit=1' }]);
  for (const [status, may] of [
    [403, false],
    [400, true],
    [404, true],
    [200, true],
  ] as const) {
    upstream.script({ status });
    t.equal(await probe.mayWrite(), may, `${status}`);
  }
  const asked = upstream.received.at(-1);
  t.match(asked, { method: 'PUT', url: /^\/incidents\/\w+$/, body: '{"incident":{"type":"incident_reference"}}' });
  t.match(asked?.headers.from, /\.invalid$/, 'it names nobody, so that nothing can be changed');
  for (const status of [429, 500, 503]) {
    upstream.script({ status });
    t.equal((await failureOf(probe.mayWrite())).pagerDutyStatus, status, 'what is not known is not said');
  }
  upstream.script({ status: 401 });
  t.equal((await failureOf(probe.read())).pagerDutyStatus, 401);
});

t.test('a probe tells a key of the other region from a wrong one', async (t) => {
  const credential: Credential = { scheme: 'Token', key };
  const { client } = await buildHasty(t, [{ status: 401 }]);
  t.equal(await new ProbeApi({ client, otherRegion: undefined, credential }).isOfOtherRegion(), false);
  const other = await buildHasty(t, [{ body: { users: [] } }]);
  const probe = new ProbeApi({ client, otherRegion: other.client, credential });
  t.equal(await probe.isOfOtherRegion(), true);
  t.match(other.upstream.received, [{ url: '/users?limit=1', headers: { authorization: `Token token=${key}` } }]);
  other.upstream.script({ status: 401 });
  t.equal(await probe.isOfOtherRegion(), false);
  await other.upstream.stop();
  t.equal(await probe.isOfOtherRegion(), false);
});

t.test('a probe tells an integration key by its look', async (t) => {
  const { client } = await buildHasty(t, []);
  const looks = (text: string) =>
    new ProbeApi({ client, otherRegion: undefined, credential: { scheme: 'Token', key: text } })
      .looksLikeIntegrationKey;
  t.ok(looks('e93facc04764012d7bfb002500d5d1a6'));
  t.ok(looks('R0123456789ABCDEFGHIJKLMNOPQRSTU'));
  for (const text of [
    '',
    key,
    'e93facc04764012d7bfb002500d5d1a',
    'e93facc04764012d7bfb002500d5d1a6a',
    'pdus+_0X'.repeat(4),
  ]) {
    t.notOk(looks(text), text);
  }
});

t.test('users and escalation policies are got and listed', async (t) => {
  const { upstream, client } = await buildHasty(t, [
    { body: { user } },
    { body: { users: [user], more: true } },
    { body: { users: [] } },
    { body: { escalation_policies: [{ id: 'PPOL001', name: 'Ops' }], more: false } },
    { body: { escalation_policies: [{}] } },
  ]);
  const directory = new DirectoryApi(client);
  t.strictSame(await directory.user('PUSER01'), user);
  t.match(await directory.users({ offset: 0, limit: 25, query: 'ada' }), { items: [user], more: true });
  t.match(await directory.users({ offset: 25, limit: 25 }), { items: [], more: false });
  t.match(await directory.escalationPolicies({ offset: 0, limit: 100, query: 'o p' }), {
    items: [{ id: 'PPOL001', name: 'Ops' }],
    more: false,
  });
  t.match(await directory.escalationPolicies({ offset: 0, limit: 1 }), {
    items: [],
    setAside: [{ record: 'escalation_policy', field: '/id' }],
  });
  t.strictSame(
    upstream.received.map(({ url }) => url),
    [
      '/users/PUSER01',
      '/users?offset=0&limit=25&query=ada',
      '/users?offset=25&limit=25',
      '/escalation_policies?offset=0&limit=100&query=o+p',
      '/escalation_policies?offset=0&limit=1',
    ],
  );
});

t.test('services and priorities are listed', async (t) => {
  const { upstream, client } = await buildHasty(t, [
    { body: { services: [{ id: 'PSVC001', name: 'Shop' }], more: true } },
    { body: { services: [] } },
    { body: { priorities: [{ id: 'PPRIO01', summary: 'P1' }], more: null } },
    { body: { priorities: [{ id: '' }] } },
  ]);
  const directory = new DirectoryApi(client);
  t.match(await directory.services({ offset: 0, limit: 100, query: 'sh p' }), {
    items: [{ id: 'PSVC001', name: 'Shop' }],
    more: true,
  });
  t.match(await directory.services({ offset: 100, limit: 100 }), { items: [], more: false });
  t.match(await directory.priorities({ offset: 0, limit: 100 }), {
    items: [{ id: 'PPRIO01', summary: 'P1' }],
    more: false,
  });
  t.match(await directory.priorities({ offset: 0, limit: 1 }), {
    items: [],
    setAside: [{ record: 'priority', field: '/id' }],
  });
  t.strictSame(
    upstream.received.map(({ url }) => url),
    [
      '/services?offset=0&limit=100&query=sh+p',
      '/services?offset=100&limit=100',
      '/priorities?offset=0&limit=100',
      '/priorities?offset=0&limit=1',
    ],
  );
});

t.test('an incident is opened on behalf of a user, and never twice', async (t) => {
  const { upstream, client } = await buildHasty(t, [{ status: 201, body: { incident } }, { status: 500 }]);
  const incidents = new IncidentsApi(client);
  const wanted = { from: 'ada@example.com', incident: { title: 'T', incident_key: undefined } };
  t.strictSame(await incidents.create(wanted), incident);
  t.match(upstream.received[0], { method: 'POST', url: '/incidents', headers: { from: 'ada@example.com' } });
  t.strictSame(JSON.parse(upstream.received[0]?.body ?? ''), { incident: { type: 'incident', title: 'T' } });
  await t.rejects(incidents.create(wanted), { code: /^pagerduty_error$/ });
  t.equal(upstream.received.length, 2);
});

const integrationKey = 'e93facc04764012d7bfb002500d5d1a6';
const event = { integrationKey, summary: 'Disk „/“ full', dedupKey: 'd-1' };

t.test('an event is sent to Events API v2 in its form', async (t) => {
  const { upstream, events } = await buildHasty(t, [
    { status: 202, body: { status: 'success', message: 'Event processed', dedup_key: 'theirs' } },
  ]);
  t.equal(await events.triggerV2(event), 'theirs');
  const [request] = upstream.received;
  t.match(request, { method: 'POST', url: '/v2/enqueue', headers: { 'content-type': 'application/json' } });
  t.notOk(request?.headers.authorization);
  t.strictSame(JSON.parse(request?.body ?? ''), {
    routing_key: integrationKey,
    event_action: 'trigger',
    dedup_key: 'd-1',
    client: 'PagerDuty connector',
    payload: { summary: 'Disk „/“ full', source: 'PagerDuty connector', severity: 'critical' },
  });
});

t.test('an event is sent to Events API v1 in its form', async (t) => {
  const { upstream, events } = await buildHasty(t, [
    { body: { status: 'success', message: 'Event processed', incident_key: 'theirs' } },
  ]);
  t.equal(await events.triggerV1(event), 'theirs');
  const [request] = upstream.received;
  t.match(request, { method: 'POST', url: '/generic/2010-04-15/create_event.json' });
  t.match(request?.headers, { 'content-type': 'application/json' });
  t.strictSame(JSON.parse(request?.body ?? ''), {
    service_key: integrationKey,
    event_type: 'trigger',
    incident_key: 'd-1',
    client: 'PagerDuty connector',
    description: 'Disk „/“ full',
  });
});

t.test('an event is sent again after a failure that may pass: its own key makes that harmless', async (t) => {
  const { upstream, clock, events } = await buildHasty(t, [
    { status: 500 },
    (response) => response.destroy(),
    { status: 202, body: { status: 'success', dedup_key: 'd-1' } },
  ]);
  t.equal(await events.triggerV2(event), 'd-1');
  t.strictSame(clock.sleepsMs, [125, 250]);
  t.equal(new Set(upstream.received.map(({ body }) => body)).size, 1, 'the same event each time');
});

t.test('a 403 of the Events API is a rate limit', async (t) => {
  const { upstream, clock, events } = await buildHasty(t, [{ status: 403, headers: { 'retry-after': '9' }, body: '' }]);
  const error = await failureOf(events.triggerV1(event));
  t.match(error, { pagerDutyStatus: 429, code: /^pagerduty_rate_limited$/, statusCode: 429, retryAfterMs: 9_000 });
  t.equal(upstream.received.length, 1);
  upstream.script({ status: 403, body: '' }, { body: { status: 'success', incident_key: 'd-1' } });
  t.equal(await events.triggerV1(event), 'd-1');
  t.strictSame(clock.sleepsMs, [125]);
});

t.test('an event that is refused is told without its integration key', async (t) => {
  const { upstream, events } = await buildHasty(t, [
    {
      status: 400,
      body: { status: 'invalid event', message: 'No', errors: [`routing_key ${integrationKey} is wrong`] },
    },
  ]);
  const error = await failureOf(events.triggerV2(event));
  t.match(error, {
    pagerDutyStatus: 400,
    code: /^pagerduty_rejected$/,
    pagerDutyErrors: ['routing_key (redacted) is wrong'],
  });
  t.notMatch(JSON.stringify([error.message, error.stack, error.details]), integrationKey);
  t.equal(upstream.received.length, 1);
});

t.test('an event that was taken without a key in the answer cannot be told of', async (t) => {
  for (const body of [{ status: 'success' }, { dedup_key: 7, incident_key: 7, status: 'success' }, '', 'OK']) {
    const { events } = await buildHasty(t, [{ status: 202, body }]);
    await t.rejects(events.triggerV1(event), { code: /^pagerduty_invalid_response$/ });
    await t.rejects(events.triggerV2(event), { code: /^pagerduty_invalid_response$/ });
  }
});

t.test('an event is sent as it is, again after a failure that may pass', async (t) => {
  const taken = { status: 'success', message: 'Event processed', dedup_key: 'd-1', more: 1 };
  const { upstream, events } = await buildHasty(t, [{ status: 500 }, { status: 202, body: taken }]);
  const sent = { event_action: 'resolve', dedup_key: 'd-1', payload: undefined };
  t.strictSame(await events.enqueue(integrationKey, sent), taken);
  t.equal(upstream.received.length, 2);
  const [request] = upstream.received;
  t.match(request, { method: 'POST', url: '/v2/enqueue' });
  t.strictSame(JSON.parse(request?.body ?? ''), {
    routing_key: integrationKey,
    event_action: 'resolve',
    dedup_key: 'd-1',
  });
});

t.test('a change event is sent once, whatever happens', async (t) => {
  const { upstream, events } = await buildHasty(t, [
    { status: 202, body: { status: 'success', message: 'Change event processed' } },
    { status: 500 },
    { status: 429, headers: { 'retry-after': '1' } },
    (response) => response.destroy(),
    { status: 400, body: { errors: [`routing_key ${integrationKey}`] } },
    { status: 202, body: {} },
  ]);
  const change = { payload: { summary: 'Deployed' } };
  t.match(await events.enqueueChange(integrationKey, change), { status: 'success', message: 'Change event processed' });
  t.match(upstream.received[0], { method: 'POST', url: '/v2/change/enqueue' });
  t.strictSame(JSON.parse(upstream.received[0]?.body ?? ''), { routing_key: integrationKey, ...change });
  for (const code of ['error', 'rate_limited', 'unreachable', 'rejected', 'invalid_response']) {
    const failure: unknown = await events.enqueueChange(integrationKey, change).catch((error: unknown) => error);
    t.match(failure, { code: new RegExp(`^pagerduty_${code}$`) });
    t.notMatch(failure instanceof Error ? failure.message : integrationKey, integrationKey);
  }
  t.equal(upstream.received.length, 6);
});
