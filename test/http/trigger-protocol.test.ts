import { type Logger, pino } from 'pino';
import t, { type Test } from 'tap';
import { HastyClock } from '../support/hasty-clock.js';
import { type Answer, errorOf, propertiesOf, startService } from '../support/running-service.js';

const everySecond = { TRIGGER_POLL_SECONDS: '1' };
const created = '/trigger2/incidents';

/** A service with a clock that the test moves; PagerDuty has the same. */
async function start(t: Test, options: { environment?: Record<string, string>; logger?: Logger } = {}) {
  const clock = new HastyClock();
  const environment = { ...everySecond, ...options.environment };
  return { clock, ...(await startService(t, { ...options, environment, clock })) };
}

type Service = Awaited<ReturnType<typeof start>>;

function locationOf({ headers, text }: Answer): URL {
  if (headers.location === undefined) throw new Error(`there is no Location: ${text}`);
  return new URL(headers.location);
}

function stateOf(answer: Answer): string | null {
  return locationOf(answer).searchParams.get('triggerState');
}

/** Waits as long as the answer says and polls where it says. */
async function follow({ call, clock }: Service, answer: Answer): Promise<Answer> {
  await clock.advance(Number(answer.headers['retry-after']) * 1_000);
  const { pathname, search } = locationOf(answer);
  return call('GET', pathname + search);
}

/** Follows until an answer has this status: PagerDuty may have been polled just before the test changed it. */
async function followTo(service: Service, status: number, from: Answer): Promise<Answer> {
  let answer = await follow(service, from);
  for (let polls = 1; answer.status !== status && polls < 5; polls += 1) answer = await follow(service, answer);
  return answer;
}

function idsOf({ body }: Answer): unknown[] {
  const { incidents } = propertiesOf(body);
  return Array.isArray(incidents) ? incidents.map((incident) => propertiesOf(incident).id) : [];
}

t.test('the first poll registers the host, and what it brings along comes back to it', async (t) => {
  const service = await start(t);
  await service.control.trigger({ title: 'Before the host came' });
  for (const query of [
    '',
    '?',
    '?include[]=first_trigger_log_entries',
    '?include%5B%5D=first_trigger_log_entries&include[]=services',
    '?a=b%26c%3Dd%2Be&f=%F0%9F%94%A5+x&empty=&flag&%25=%2525',
    '?odd=%zz%FF&&=',
  ]) {
    const answer = await service.call('GET', created + query);
    t.equal(answer.status, 202, query);
    t.equal(answer.text, '');
    t.equal(answer.headers['content-type'], undefined);
    t.match(answer.headers, { 'retry-after': /^1$/, 'content-length': /^0$/ });
    const location = locationOf(answer);
    t.equal(location.origin + location.pathname, `${service.url}${created}`);
    t.match(stateOf(answer), /^[\w.-]{20,}$/);
    const state = stateOf(answer);
    location.searchParams.delete('triggerState');
    t.strictSame([...location.searchParams], [...new URLSearchParams(query)], 'the same parameters in the same order');
    t.ok(String(answer.headers.location).length < 2_048);
    const again = await service.call('GET', `${created}${query}${query === '' ? '?' : '&'}triggerState=${state}`);
    t.equal(again.status, 202, 'what happened before the host came is not for it');
    t.equal(stateOf(again), state, 'and its state stays as it is');
  }
});

t.test('news come once to a host that goes on, and again to one that asks again', async (t) => {
  const service = await start(t);
  const registered = await service.call('GET', `${created}?include[]=first_trigger_log_entries`);
  const [first] = await service.control.trigger({ title: 'One' });
  const [second] = await service.control.trigger({ title: 'Two' });
  await service.control.act(first.id, 'resolve');
  const news = await followTo(service, 200, registered);
  t.equal(news.status, 200);
  t.match(news.headers, { 'content-type': /^application\/json\b/, 'retry-after': /^1$/ });
  t.strictSame(Object.keys(propertiesOf(news.body)), ['incidents'], 'nothing that hinders splitting');
  t.strictSame(idsOf(news), [first.id, second.id]);
  t.match(news.body, {
    incidents: [
      { summary: /One/, assignedUserId: null },
      { summary: /Two/, teams: [] },
    ],
  });
  t.equal(locationOf(news).searchParams.get('include[]'), 'first_trigger_log_entries');
  t.not(stateOf(news), stateOf(registered));

  const { pathname, search } = locationOf(registered);
  const [again, twice] = await Promise.all([
    service.call('GET', pathname + search),
    service.call('GET', pathname + search),
  ]);
  t.equal(again.text, news.text, 'the same state gets the same answer');
  t.equal(twice.text, news.text);
  for (const answer of [again, twice]) {
    const { pathname, search } = locationOf(answer);
    t.equal((await service.call('GET', pathname + search)).status, 202, 'and leads on to the same place');
  }

  const nothing = await follow(service, news);
  t.equal(nothing.status, 202);
  t.equal(nothing.text, '');
  t.equal(nothing.headers.location, news.headers.location);
});

t.test('more news than a page holds come page after page, each once and in order', async (t) => {
  const service = await start(t);
  let answer = await service.call('GET', created);
  await service.control.trigger({ count: 250 });
  answer = await followTo(service, 200, answer);
  const pages: unknown[][] = [];
  const waits: unknown[] = [];
  while (answer.status === 200 && pages.length < 10) {
    pages.push(idsOf(answer));
    waits.push(answer.headers['retry-after']);
    answer = await follow(service, answer);
  }
  t.strictSame(
    pages.map(({ length }) => length),
    [100, 100, 50],
  );
  t.strictSame(waits, ['0', '0', '1']);
  t.strictSame(
    pages.flat(),
    (await service.control.incidents()).map(({ id }) => id),
  );
});

t.test('a state that cannot be used starts the host again from now, and the log says so', async (t) => {
  const lines: string[] = [];
  const logger = pino({ level: 'warn' }, { write: (line: string) => lines.push(line) });
  const service = await start(t, { logger });
  const own = stateOf(await service.call('GET', created)) ?? '';
  const parts: unknown = JSON.parse(Buffer.from(own, 'base64url').toString());
  const forged = (change: (parts: unknown[]) => void) => {
    const list = Array.isArray(parts) ? [...parts] : [];
    change(list);
    return Buffer.from(JSON.stringify(list)).toString('base64url');
  };
  const states = [
    '',
    'null',
    'undefined',
    '%00',
    encodeURIComponent('🔥'),
    'x'.repeat(3_000),
    own.slice(0, -4),
    `${own}%20`,
    forged((list) => list.splice(0, 1, 99)),
    forged((list) => list.splice(2, 1, -1)),
    forged((list) => list.splice(3, 1, { $ne: null })),
    forged((list) => list.pop()),
    Buffer.from('{"__proto__":1}').toString('base64url'),
    `${own}&triggerState=${own}`,
    `${own}&triggerState=`,
  ];
  for (const state of states) {
    const before = lines.length;
    const answer = await service.call('GET', `${created}?keep=me&triggerState=${state}`);
    t.equal(answer.status, 202, state);
    t.equal(stateOf(answer)?.length, own.length, state);
    t.strictSame(locationOf(answer).searchParams.getAll('triggerState').length, 1, state);
    t.equal(locationOf(answer).searchParams.get('keep'), 'me');
    t.match(lines.slice(before).join(''), /could not be used/, state);
  }
  const answer = await service.call('GET', `${created}?triggerState=${own}`);
  t.equal(stateOf(answer), own, 'a good one is kept');
});

t.test('a key that PagerDuty refuses is a 401, whether or not the host has a state', async (t) => {
  const service = await start(t);
  const state = stateOf(await service.call('GET', created));
  for (const path of [created, `${created}?triggerState=${state}`]) {
    const answer = await service.call('GET', path, { key: 'y_NotAKeyOfAnyone999' });
    t.equal(answer.status, 401);
    t.match(errorOf(answer), { code: /^pagerduty_unauthorized$/ });
    t.equal(answer.headers.location, undefined);
  }
  // The key is revoked: the host is told although there is a log that could be read.
  const registered = await service.call('GET', created);
  await service.control.fault({}, { status: 401 }, { times: 999 });
  t.equal((await followTo(service, 401, registered)).status, 401);
});

t.test('a PagerDuty that fails is an error to a new host, and no news to one that goes on', async (t) => {
  const service = await start(t);
  await service.control.fault({}, { status: 500 }, { times: 999 });
  const failed = await service.call('GET', created);
  t.equal(failed.status, 502);
  t.match(errorOf(failed), { code: /^pagerduty_error$/ });
  t.equal(failed.headers.location, undefined);
  await service.control.clearFaults();
  let registered = await service.call('GET', created);
  for (let polls = 1; registered.status !== 202 && polls < 5; polls += 1) {
    await service.clock.advance(1_000);
    registered = await service.call('GET', created);
  }
  t.equal(registered.status, 202);
  await service.control.fault({}, { status: 500 }, { times: 999 });
  const [incident] = await service.control.trigger();
  const nothing = await follow(service, registered);
  t.equal(nothing.status, 202);
  t.equal(stateOf(nothing), stateOf(registered));
  await service.control.clearFaults();
  t.strictSame(idsOf(await followTo(service, 200, nothing)), [incident.id], 'and nothing is lost');
});

t.test('Location lies below the public URL, whatever the request says of its host', async (t) => {
  const service = await start(t, { environment: { PUBLIC_URL: 'https://connector.example:8443/pager/duty/' } });
  const headers = {
    host: 'evil.example',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'http',
    'x-forwarded-prefix': '/evil',
    forwarded: 'host=evil.example',
  };
  for (const prefix of ['', '/pager/duty']) {
    const answer = await service.call('GET', `${prefix}${created}?x=1`, { headers });
    t.equal(answer.status, 202);
    t.match(
      answer.headers.location,
      /^https:\/\/connector\.example:8443\/pager\/duty\/trigger2\/incidents\?x=1&triggerState=[\w-]+$/,
    );
    t.equal((await service.call('GET', `${prefix}/users/PUSER01`)).status, 200);
    t.equal((await service.call('GET', `${prefix}/healthz`, { key: null })).status, 200);
    const definition = await service.call('GET', `${prefix}/apiDefinition.swagger.json`, { key: null, headers });
    t.match(definition.body, {
      swagger: '2.0',
      host: 'connector.example:8443',
      basePath: '/pager/duty',
      schemes: ['https'],
    });
    t.notOk(definition.text.includes('evil'));
    const unknown = await service.call('GET', `${prefix}/nowhere`, { headers });
    t.match(errorOf(unknown), { message: /https:\/\/connector\.example:8443\/pager\/duty\/apiDefinition/ });
  }
  for (const path of ['/pager/duty2/users', '/pager/users', '/pager/duty/pager/duty/users']) {
    t.equal((await service.call('GET', path)).status, 404, path);
  }
  const away = await follow(service, await service.call('GET', created));
  t.equal(away.status, 202, 'the path of Location is one that the service answers');
});

t.test('without a public URL Location is where the service listens', async (t) => {
  const service = await start(t);
  const answer = await service.call('GET', created, { headers: { host: 'evil.example' } });
  t.equal(locationOf(answer).origin, service.url);
  const definition = await service.call('GET', '/apiDefinition.swagger.json', { key: null });
  t.match(definition.body, { host: new URL(service.url).host, basePath: '/' });
});
