import type { ServerResponse } from 'node:http';
import t, { type Test } from 'tap';
import { PagerDutyTimeoutError, PagerDutyUnreachableError } from '../../src/pagerduty/errors.js';
import { PagerDuty } from '../../src/pagerduty/pagerduty.js';
import { type CallReport, Transport, type UpstreamRequest } from '../../src/pagerduty/transport.js';
import { HastyClock } from '../support/hasty-clock.js';
import { ManualClock } from '../support/manual-clock.js';
import { passThroughGate } from '../support/pass-through-gate.js';
import { until } from '../support/until.js';
import { answer, type Behaviour, startUpstream } from '../support/upstream.js';

async function build(
  t: Test,
  behaviours: readonly Behaviour[] = [],
  { path = '/', sockets = 4, deadlineMs = 10_000 } = {},
) {
  const upstream = await startUpstream(t, ...behaviours);
  const clock = new ManualClock();
  const reports: CallReport[] = [];
  const transport = new Transport({
    baseUrl: new URL(path, upstream.url),
    clock,
    deadlineMs,
    report: (report) => reports.push(report),
    sockets,
  });
  t.teardown(() => transport.close());
  return { upstream, clock, reports, transport };
}

const getUser: UpstreamRequest = {
  method: 'GET',
  sender: 'one',
  endpoint: '/users/{id}',
  path: '/users/P1?a=b%20c',
  headers: {},
};
const putIncident: UpstreamRequest = {
  method: 'PUT',
  sender: 'one',
  endpoint: '/incidents/{id}',
  path: '/incidents/P%2F1',
  headers: { 'content-type': 'application/json', from: 'ada@example.com' },
  body: '{"note":"ü😀"}',
};

const hang = () => undefined;
const cut = (response: ServerResponse) => response.destroy();
/** Promises more than it sends, then cuts the socket. */
const cutInBody = (response: ServerResponse) => {
  response.writeHead(200, { 'content-length': '100' });
  response.write('{"user":', () => response.destroy());
};
/** Cuts the socket in the middle of a chunked answer, whose length nobody knows. */
const cutInChunks = (response: ServerResponse) => {
  response.writeHead(200);
  response.write('{"user":{}}', () => response.destroy());
};
const stallInBody = (response: ServerResponse) => {
  response.writeHead(200);
  response.write('{"user":');
};

t.test('a request goes out as it was written, and its answer comes back whole', async (t) => {
  const { upstream, transport } = await build(t, [
    { status: 404, headers: { 'ratelimit-reset': '7', 'X-Odd': 'yes' }, body: 'nicht da: ü😀' },
  ]);
  t.match(await transport.send(putIncident), {
    status: 404,
    headers: { 'ratelimit-reset': /^7$/, 'x-odd': 'yes' },
    body: 'nicht da: ü😀',
  });
  t.match(upstream.received, [
    {
      method: 'PUT',
      url: '/incidents/P%2F1',
      headers: { 'content-type': 'application/json', from: 'ada@example.com', host: upstream.url.host },
      body: '{"note":"ü😀"}',
    },
  ]);
});

t.test('no status is an error here, and nothing is sent twice', async (t) => {
  const { upstream, transport } = await build(t);
  const statuses = [204, 301, 400, 429, 500, 503];
  for (const status of statuses) {
    upstream.script({ status, body: '', headers: { location: '/elsewhere' } });
    t.equal((await transport.send(getUser)).status, status);
  }
  t.equal(upstream.received.length, statuses.length);
});

t.test('the path of the base URL goes before every path', async (t) => {
  for (const path of ['/proxy/pagerduty', '/proxy/pagerduty/']) {
    const { upstream, transport } = await build(t, [], { path });
    await transport.send(getUser);
    t.equal(upstream.received[0]?.url, '/proxy/pagerduty/users/P1?a=b%20c');
  }
  const { upstream, transport } = await build(t);
  await transport.send(getUser);
  t.equal(upstream.received[0]?.url, '/users/P1?a=b%20c');
});

t.test('each request is reported with its endpoint, its outcome and how long it took', async (t) => {
  const { upstream, clock, reports, transport } = await build(t);
  await transport.send(getUser);
  let release: () => void = hang;
  upstream.script((response) => {
    release = () => answer(response, { status: 201 });
  });
  const slow = transport.send(putIncident);
  await until(() => upstream.received.length === 2);
  await clock.advance(1_500);
  release();
  await slow;
  upstream.script(cut);
  await t.rejects(transport.send(getUser));
  upstream.script({ status: 503 });
  await transport.send(getUser);
  t.strictSame(reports, [
    { endpoint: 'GET /users/{id}', outcome: '200', durationMs: 0 },
    { endpoint: 'PUT /incidents/{id}', outcome: '201', durationMs: 1_500 },
    { endpoint: 'GET /users/{id}', outcome: 'unreachable', durationMs: 0 },
    { endpoint: 'GET /users/{id}', outcome: '503', durationMs: 0 },
  ]);
  t.equal(clock.sleeping, 0, 'no deadline is left behind');
});

t.test('an answer that does not come whole before the deadline is a timeout', async (t) => {
  for (const behaviour of [hang, stallInBody]) {
    const { upstream, clock, reports, transport } = await build(t, [behaviour]);
    const sent = transport.send(getUser);
    const failed = t.rejects(sent, { code: /^pagerduty_timeout$/, statusCode: 504, message: /within 10 seconds/ });
    await until(() => upstream.received.length === 1);
    await clock.advance(9_999);
    t.strictSame(reports, [], 'not a millisecond early');
    await clock.advance(1);
    await failed;
    await t.rejects(sent, PagerDutyTimeoutError);
    t.strictSame(reports, [{ endpoint: 'GET /users/{id}', outcome: 'timeout', durationMs: 10_000 }]);
    upstream.script({ status: 200, body: 'again' });
    t.equal((await transport.send(getUser)).body, 'again', 'the next request has a socket of its own');
    t.equal(clock.sleeping, 0);
  }
});

t.test(
  'a socket that is cut before or during the answer breaks the request, which may have had its effect',
  async (t) => {
    for (const behaviour of [cut, cutInBody, cutInChunks]) {
      const { upstream, clock, reports, transport } = await build(t, [behaviour]);
      await t.rejects(transport.send(putIncident), {
        code: /^pagerduty_unreachable$/,
        statusCode: 502,
        notSent: false,
        message: /broke before its answer was complete/,
      });
      t.match(reports, [{ outcome: 'unreachable' }]);
      t.equal(upstream.received.length, 1);
      t.equal(clock.sleeping, 0);
    }
  },
);

t.test('a connection that is refused carried nothing', async (t) => {
  const { upstream, reports, transport } = await build(t);
  await upstream.stop();
  const refused = transport.send(putIncident);
  await t.rejects(refused, { notSent: true, message: /could not be reached.*PAGERDUTY_API_URL/ });
  await t.rejects(refused, PagerDutyUnreachableError);
  t.match(reports, [{ endpoint: 'PUT /incidents/{id}', outcome: 'unreachable' }]);
});

t.test('a request waits for a socket if all are busy, and its deadline begins when it has one', async (t) => {
  const { upstream, clock, reports, transport } = await build(t, [hang, hang], { sockets: 1 });
  const first = t.rejects(transport.send(getUser), PagerDutyTimeoutError);
  await until(() => upstream.received.length === 1);
  await clock.advance(5_000);
  const second = t.rejects(transport.send({ ...putIncident, sender: 'two' }), PagerDutyTimeoutError);
  await clock.advance(5_000);
  await first;
  await until(() => upstream.received.length === 2);
  await clock.advance(9_999);
  t.equal(reports.length, 1);
  await clock.advance(1);
  await second;
  t.strictSame(
    reports.map(({ durationMs }) => durationMs),
    [10_000, 10_000],
  );
});

t.test('a request that gets no socket in time is not sent, and says so', async (t) => {
  const { upstream, clock, reports, transport } = await build(t, [hang], { sockets: 1, deadlineMs: 60_000 });
  const slow = t.rejects(transport.send(getUser));
  await until(() => upstream.received.length === 1);
  const waiting = t.rejects(transport.send(putIncident), {
    code: /^no_socket$/,
    statusCode: 503,
    retryAfterMs: 5_000,
    message: /within 10 seconds, got none\. Nothing was sent\./,
  });
  await clock.advance(9_999);
  t.strictSame(reports, []);
  await clock.advance(1);
  await waiting;
  t.strictSame(reports, [{ endpoint: 'PUT /incidents/{id}', outcome: 'not_sent', durationMs: 10_000 }]);
  t.equal(upstream.received.length, 1);
  await transport.close();
  await slow;
});

t.test('an answer that is larger than any should be is refused before it fills memory', async (t) => {
  const { upstream, reports, transport } = await build(t, [{ status: 200, body: 'x'.repeat(8 * 1024 * 1024) }]);
  t.equal((await transport.send(getUser)).body.length, 8 * 1024 * 1024);
  upstream.script({ status: 200, body: 'x'.repeat(8 * 1024 * 1024 + 1) });
  await t.rejects(transport.send(getUser), {
    code: /^pagerduty_invalid_response$/,
    message: /expected at most 8 MiB/,
  });
  t.strictSame(
    reports.map(({ outcome }) => outcome),
    ['200', 'too_large'],
  );
});

t.test('closing fails what is under way and leaves nothing behind', async (t) => {
  const { upstream, clock, transport } = await build(t, [hang]);
  const sent = transport.send(getUser);
  const failed = t.rejects(sent, PagerDutyUnreachableError);
  await until(() => upstream.received.length === 1);
  await transport.close();
  await failed;
  t.equal(clock.sleeping, 0);
  await t.rejects(transport.send(getUser), PagerDutyUnreachableError);
});

t.test(
  'PagerDuty’s REST and Events APIs are asked at their own addresses, each account with its own key',
  async (t) => {
    const rest = await startUpstream(t, { body: { user: { id: 'P1' } } });
    const events = await startUpstream(t, { status: 202, body: { status: 'success', dedup_key: 'd1' } });
    const reports: CallReport[] = [];
    const pagerDuty = new PagerDuty({
      apiUrl: new URL('/rest', rest.url),
      eventsUrl: new URL('/events/', events.url),
      clock: new HastyClock(),
      random: () => 0,
      report: (report) => reports.push(report),
    });
    t.teardown(() => pagerDuty.close());
    await pagerDuty
      .account({ scheme: 'Token', key: 'key-1' }, { here: passThroughGate, there: passThroughGate })
      .directory.user('P1');
    await pagerDuty
      .account({ scheme: 'Bearer', key: 'key-2' }, { here: passThroughGate, there: passThroughGate })
      .directory.user('P1');
    await pagerDuty.events.triggerV2({ integrationKey: 'k', summary: 's', dedupKey: 'd1' });
    t.match(rest.received, [
      { url: '/rest/users/P1', headers: { authorization: 'Token token=key-1' } },
      { url: '/rest/users/P1', headers: { authorization: 'Bearer key-2' } },
    ]);
    t.match(events.received, [{ url: '/events/v2/enqueue' }]);
    t.notOk(events.received[0]?.headers.authorization, 'events carry their key in the body alone');
    t.strictSame(
      reports.map(({ endpoint, outcome }) => `${endpoint} ${outcome}`),
      ['GET /users/{id} 200', 'GET /users/{id} 200', 'POST /v2/enqueue 202'],
    );
    await pagerDuty.close();
    await t.rejects(pagerDuty.events.triggerV2({ integrationKey: 'k', summary: 's', dedupKey: 'd1' }));
  },
);
