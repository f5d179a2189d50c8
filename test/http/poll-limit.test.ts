import { createConnection, type Socket } from 'node:net';
import { pino } from 'pino';
import t from 'tap';
import { HastyClock } from '../support/hasty-clock.js';
import { errorOf, propertiesOf, type RunningService, startService } from '../support/running-service.js';
import { until } from '../support/until.js';

const created = '/trigger2/incidents';

/** The address that a host polls which has not got the incidents of these titles yet. */
async function nextOf(service: RunningService, titles: { readonly title: string; readonly count: number }) {
  const { location = '' } = (await service.call('GET', created)).headers;
  await service.control.trigger(titles);
  return location.slice(service.url.length);
}

t.test('a connection that polls on and on is told when to come back, and others are not slowed', async (t) => {
  const clock = new HastyClock();
  const lines: string[] = [];
  const logger = pino({ level: 'info' }, { write: (line: string) => lines.push(line) });
  const service = await startService(t, { environment: { RATE_LIMIT_POLLS: '' }, clock, logger });
  const { call, control, sandbox } = service;
  for (let polls = 0; polls < 300; polls += 1) t.equal((await call('GET', created)).status, 202);
  const sent = await control.sentDuring(async () => {
    const refused = await call('GET', created);
    t.equal(refused.status, 429);
    t.match(refused.headers, { 'retry-after': /^1$/ });
    t.match(errorOf(refused), {
      code: /^too_many_polls$/,
      message: /^The connection polls too often: expected .+ got/,
    });
    t.equal((await call('GET', '/trigger4/incidents')).status, 429, 'triggers of a connection share its polls');
    t.equal((await call('GET', created, { headers: { 'x-pagerduty-region': '' } })).status, 429);
  });
  t.strictSame(sent, []);
  t.equal((await call('GET', '/users/PUSER01')).status, 200, 'polls take nothing from calls');
  t.equal(
    (await call('GET', created, { key: sandbox.credentials.userKey })).status,
    202,
    'nor from another connection',
  );
  const { text } = await call('GET', '/metrics');
  t.match(text, /^connector_refused_polls_total\{reason="too_many"\} 3$/m);
  t.notOk(lines.some((line) => line.includes('too_many_polls')));
  await clock.advance(1_000);
  t.equal((await call('GET', created)).status, 202);
});

t.test('hosts that get their pages at the same moment, and read them, are all answered', async (t) => {
  const clock = new HastyClock();
  const service = await startService(t, { environment: { TRIGGER_POLL_SECONDS: '1' }, clock });
  const next = await nextOf(service, { title: 'x'.repeat(1_000), count: 50 });
  await clock.advance(1_000);
  const answers = await Promise.all(Array.from({ length: 60 }, () => service.call('GET', next)));
  for (const answer of answers) {
    t.equal(answer.status, 200);
    t.match(propertiesOf(answer.body).incidents, { length: 50 });
  }
});

t.test('of pages that nobody reads a connection has four, and is answered again once they are gone', async (t) => {
  const clock = new HastyClock();
  const service = await startService(t, { environment: { TRIGGER_POLL_SECONDS: '1' }, clock });
  const { call, control, sandbox, url } = service;
  const [{ id }] = await control.trigger();
  const { location = '' } = (await call('GET', `/trigger1/incidents/${id}/notes`)).headers;
  const next = location.slice(url.length);
  // More than the kernel takes: the rest of a page is in the service until its caller reads.
  const content = 'x'.repeat(60_000);
  for (let notes = 0; notes < 100; notes += 1) await control.act(id, 'note', { userId: 'PUSER01', content });
  // A page of so many entries is larger than an answer of PagerDuty may be: shorter ones are asked for.
  await until(async () => {
    await clock.advance(1_000);
    return (await call('GET', next)).status === 200;
  });
  const sockets: Socket[] = [];
  for (let readers = 0; readers < 4; readers += 1) {
    const socket = createConnection({ host: '127.0.0.1', port: Number(new URL(url).port) });
    socket.pause();
    socket.on('error', () => undefined);
    socket.write(`GET ${next} HTTP/1.1\r\nhost: x\r\nx-api-key: ${sandbox.credentials.accountKey}\r\n\r\n`);
    sockets.push(socket);
  }
  t.teardown(() => sockets.forEach((socket) => void socket.destroy()));
  const servedOf = async () =>
    /pages_served_total\{trigger="OnNewIncidentNote"\} (\d+)/.exec((await call('GET', '/metrics')).text)?.[1];
  await until(async () => (await servedOf()) === '5');
  const asked = call('GET', next);
  let isAnswered = false;
  void asked.then(() => {
    isAnswered = true;
  });
  await until(async () => {
    await clock.advance(100);
    return isAnswered;
  });
  const refused = await asked;
  t.equal(refused.status, 429);
  t.match(refused.headers, { 'retry-after': /^1$/ });
  t.match(errorOf(refused), {
    code: /^too_many_polls$/,
    message: /do not read them: expected .+ got .+ Read each answer/,
  });
  t.match((await call('GET', '/metrics')).text, /^connector_refused_polls_total\{reason="unread_pages"\} 1$/m);
  t.equal((await call('GET', created)).status, 202, 'an answer without events needs no room');
  for (const socket of sockets) socket.destroy();
  await until(async () => (await call('GET', next)).status === 200);
});
