import t from 'tap';
import { lines } from '../../sandbox/kit/control-client.js';
import { triggers } from '../../src/triggers/triggers.js';
import { HastyClock } from '../support/hasty-clock.js';
import { type Answer, errorOf, startService } from '../support/running-service.js';

const limited = { environment: { RATE_LIMIT_CALLS: '3' } };

t.test('a call over the limit is refused with the time to come back, and reaches PagerDuty not at all', async (t) => {
  const { call, control } = await startService(t, limited);
  const answers: Answer[] = [];
  const sent = await control.sentDuring(async () => {
    for (let calls = 0; calls < 5; calls += 1) answers.push(await call('GET', '/users/PUSER01'));
  });
  t.strictSame(
    answers.map(({ status }) => status),
    [200, 200, 200, 429, 429],
  );
  t.strictSame(
    answers.map(({ headers }) => headers['ratelimit-remaining']),
    ['2', '1', '0', '0', '0'],
  );
  for (const { headers } of answers) t.match(headers, { 'ratelimit-limit': /^3$/, 'ratelimit-reset': /^[1-6]?\d$/ });
  for (const answer of answers.slice(3)) {
    t.match(answer.headers, { 'retry-after': /^[1-6]?\d$/ });
    t.equal(answer.headers['retry-after'], answer.headers['ratelimit-reset']);
    t.match(errorOf(answer), { code: /^rate_limited$/, message: /3 calls.+Retry-After/ });
  }
  for (const { headers } of answers.slice(0, 3)) t.equal(headers['retry-after'], undefined);
  t.equal(sent.length, 3);
});

t.test('by default a connection has 30 calls, of which all that come at once are counted', async (t) => {
  const { call } = await startService(t, { environment: { RATE_LIMIT_CALLS: '' } });
  const answers = await Promise.all(Array.from({ length: 40 }, () => call('GET', '/users')));
  t.equal(answers.filter(({ status }) => status === 200).length, 30);
  t.equal(answers.filter(({ status }) => status === 429).length, 10);
});

t.test('a wrong input costs a call like a right one, and so does a body that cannot be read', async (t) => {
  for (const [method, path, body] of [
    ['GET', '/action8/incidents', undefined],
    ['POST', '/incidents/create', { service_key: 'short', description: '' }],
    ['PUT', '/action1/incidents/P1', '{'],
    ['PUT', '/action1/incidents/P1', '[]'],
  ] as const) {
    const { call } = await startService(t, limited);
    const statuses: number[] = [];
    for (let calls = 0; calls < 4; calls += 1) statuses.push((await call(method, path, { body })).status);
    t.strictSame(statuses, [400, 400, 400, 429], `${method} ${path} ${JSON.stringify(body)}`);
  }
});

t.test('what names no operation, or comes without a key, takes no call', async (t) => {
  const { call } = await startService(t, limited);
  for (let calls = 0; calls < 4; calls += 1) {
    t.equal((await call('DELETE', '/users')).status, 405);
    t.equal((await call('GET', '/nowhere')).status, 404);
    t.equal((await call('GET', '/users', { key: null })).status, 401);
  }
  const answer = await call('GET', '/users');
  t.equal(answer.status, 200);
  t.equal(answer.headers['ratelimit-remaining'], '2');
});

t.test('polls of triggers take no call, lookups and tests of the connection do', async (t) => {
  const { call, control } = await startService(t, { environment: { RATE_LIMIT_CALLS: '4' } });
  const [incident] = await control.trigger();
  const poll = async () => {
    for (const { path } of triggers) {
      const answer = await call('GET', path.replace('{incidentId}', incident?.id ?? '').replace(/\{\w+\}/g, 'PUSER01'));
      t.equal(answer.status, 202);
      t.equal(answer.headers['ratelimit-remaining'], undefined);
    }
  };
  for (let polls = 0; polls < 6; polls += 1) await poll();
  for (const [path, remaining] of [
    ['/incidents', '3'],
    ['/users', '2'],
    ['/escalation_policies', '1'],
    ['/test_connection', '0'],
  ] as const) {
    t.equal((await call('GET', path)).headers['ratelimit-remaining'], remaining, path);
  }
  t.equal((await call('GET', '/users')).status, 429, 'a remembered list counts too');
  await poll();
});

t.test('a connection has its calls to itself', async (t) => {
  const { call, sandbox } = await startService(t, limited);
  const { accountKey, userKey } = sandbox.credentials;
  for (let calls = 0; calls < 4; calls += 1) await call('GET', '/users', { key: accountKey });
  t.equal((await call('GET', '/users', { key: accountKey })).status, 429);
  t.match(await call('GET', '/users', { key: userKey }), { status: 200, headers: { 'ratelimit-remaining': /^2$/ } });
  const asToken = { authorization: `Token token=${accountKey}` };
  t.equal((await call('GET', '/users', { key: null, headers: asToken })).status, 429, 'however the key is sent');
});

t.test('the limit grows back once its window is over', async (t) => {
  const clock = new HastyClock();
  const { call } = await startService(t, { environment: { RATE_LIMIT_CALLS: '1' }, clock });
  const statuses = async (calls: number) => {
    const answers = await Promise.all(Array.from({ length: calls }, () => call('GET', '/users')));
    return answers.map(({ status }) => status).sort();
  };
  t.strictSame(await statuses(3), [200, 429, 429]);
  await clock.advance(59_999);
  t.strictSame(await statuses(1), [429]);
  await clock.advance(1);
  t.strictSame(await statuses(1), [200]);
});

t.test(
  'while PagerDuty wants to be left alone by a connection nothing of it goes out, and others are untouched',
  async (t) => {
    const { call, control, sandbox } = await startService(t);
    const { userKey } = sandbox.credentials;
    const [{ id }] = await control.trigger();
    await call('POST', `/incidents/${id}/notes`, { body: { userId: 'PUSER02', note: 'Grace is known from now on' } });
    await control.fault({ key: 'account' }, { rateLimited: { resetSeconds: 40 } });
    const refused = await call('GET', '/users/PUSER01');
    t.equal(refused.status, 429);
    t.equal(refused.headers['retry-after'], '40');
    t.match(errorOf(refused), { code: /^pagerduty_rate_limited$/, pagerduty: { status: 429, code: 2020 } });

    const quiet = await control.sentDuring(async () => {
      for (const [method, path, body] of [
        ['GET', '/users/PUSER01', undefined],
        ['GET', '/incidents', undefined],
        ['GET', '/test_connection', undefined],
        ['POST', `/incidents/${id}/notes`, { userId: 'PUSER02', note: 'x' }],
        ['PUT', `/action1/incidents/${id}`, { userId: 'PUSER02' }],
        ['PUT', `/action2/incidents/${id}`, { userId: 'PUSER02' }],
        ['PUT', `/action5/incidents/${id}`, { userId: 'PUSER02', policyId: 'PPOLPAY' }],
        ['GET', '/trigger2/incidents', undefined],
      ] as const) {
        const answer = await call(method, path, { body });
        t.equal(answer.status, 429, `${method} ${path}: ${answer.text}`);
        t.match(answer.headers, { 'retry-after': /^[1-4]?\d$/ });
        t.equal(errorOf(answer).mayHaveBeenDone, undefined);
      }
    });
    t.strictSame(quiet, []);
    const others = await control.sentDuring(async () => {
      t.equal((await call('GET', '/users/PUSER01', { key: userKey })).status, 200);
    });
    t.strictSame(lines(others), ['GET /users/PUSER01']);
    t.strictSame(await control.history(id), ['created', 'assigned', 'noted']);
  },
);

t.test(
  'a short wait is waited out if nothing is lost by it, and a 429 without a time is answered with one',
  async (t) => {
    const { call, control } = await startService(t, { clock: new HastyClock() });
    await control.fault({}, { rateLimited: { resetSeconds: 1 } });
    t.equal((await call('GET', '/users/PUSER01')).status, 200);
    await control.fault({}, { rateLimited: { resetSeconds: null } }, { times: 3 });
    const refused = await call('GET', '/users/PUSER01');
    t.equal(refused.status, 429);
    t.match(refused.headers, { 'retry-after': /^[1-9]\d*$/ });
    t.equal((await call('GET', '/users/PUSER01')).status, 200);
  },
);

t.test('events that come too fast are a 429, in whichever way PagerDuty says so', async (t) => {
  const { call, control, sandbox } = await startService(t);
  const { eventsV1Keys, eventsV2Keys } = sandbox.credentials;
  const create = (service_key: string) =>
    call('POST', '/incidents/create', { body: { service_key, description: 'CPU hot' } });
  t.equal((await create(eventsV1Keys.PSVCWEB)).status, 200);
  await control.patch('/settings', { eventsRateLimitPerMinute: 0 });
  for (const key of [eventsV2Keys.PSVCWEB, eventsV1Keys.PSVCWEB]) {
    const answer = await create(key);
    t.equal(answer.status, 429);
    t.match(errorOf(answer), { code: /^pagerduty_rate_limited$/ });
    t.match(answer.headers, { 'retry-after': /^[1-9]\d*$/ });
  }
  t.equal((await call('GET', '/users/PUSER01')).status, 200, 'the REST API is not meant');
});
