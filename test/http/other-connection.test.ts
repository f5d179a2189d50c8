import fc from 'fast-check';
import t from 'tap';
import { HastyClock } from '../support/hasty-clock.js';
import { markOf, marksIn, startMarkingUpstream } from '../support/marking-upstream.js';
import { type Answer, propertiesOf, type RunningService, startService } from '../support/running-service.js';

/** Keys that are alike: one begins with another, ends in it, or differs in its case only. */
const keys = ['u+KeyOfSomebody-1', 'u+KeyOfSomebody-', 'u+KeyOfSomebody-12', 'KeyOfSomebody-1', 'U+KEYOFSOMEBODY-1'];

/** The ways to bring a key, and the header with which the service has to ask PagerDuty then. */
const keyForms: readonly ((key: string) => { headers: Record<string, string>; asks: string })[] = [
  (key) => ({ headers: { 'x-api-key': key }, asks: `Token token=${key}` }),
  (key) => ({ headers: { 'X-API-KEY': ` \t${key}  ` }, asks: `Token token=${key}` }),
  (key) => ({ headers: { authorization: `Token token=${key}` }, asks: `Token token=${key}` }),
  (key) => ({ headers: { authorization: `TOKEN   token="${key}"` }, asks: `Token token=${key}` }),
  (key) => ({ headers: { authorization: `Bearer ${key}` }, asks: `Bearer ${key}` }),
  (key) => ({ headers: { authorization: `bearer  ${key} ` }, asks: `Bearer ${key}` }),
  (key) => ({ headers: { 'x-api-key': key, authorization: `Bearer ${keys[0]}` }, asks: `Token token=${key}` }),
  (key) => ({ headers: { 'x-api-key': key, 'x-pagerduty-region': ' ' }, asks: `Token token=${key}` }),
  // There is no region to choose here, so this is refused, whatever is remembered for the key.
  (key) => ({ headers: { 'x-api-key': key, 'x-pagerduty-region': 'eu' }, asks: '' }),
];

interface Step {
  readonly key: string;
  readonly keyForm: (typeof keyForms)[number];
  readonly request: Request;
  /** Whose state a poll brings: so many holders further. */
  readonly stateOf: number;
}

type Request = readonly [method: string, path: string, body?: object];

const act = { userId: 'PSAME' };
const requests: readonly Request[] = [
  ...['/users', '/users?query=same', '/escalation_policies', '/services', '/priorities', '/incidents'].map(get),
  ...['/users/PSAME', '/action8/incidents?incident_key=same', '/test_connection'].map(get),
  ...['/trigger2/incidents', '/trigger2/incidents', '/trigger2/incidents', '/trigger3/incidents/PSAME'].map(get),
  ['PUT', '/action1/incidents/QSAME', act],
  ['PUT', '/action3/incidents/QSAME', { ...act, reassignUserId: 'PSAME' }],
  ['POST', '/services/PSAME/incidents', { ...act, title: 'The same', incident_key: 'same' }],
];

function get(path: string): Request {
  return ['GET', path];
}

const step: fc.Arbitrary<Step> = fc.record({
  key: fc.constantFrom(...keys),
  keyForm: fc.constantFrom(...keyForms),
  request: fc.constantFrom(...requests),
  stateOf: fc.nat({ max: 20 }),
});

t.test('whoever asks at the same time, what is answered is of the caller’s own account', async (t) => {
  const upstream = await startMarkingUpstream(t);
  const { href } = upstream.url;
  const clock = new HastyClock();
  const { call } = await startService(t, {
    environment: { PAGERDUTY_API_URL: href, PAGERDUTY_EVENTS_URL: href, TRIGGER_POLL_SECONDS: '1' },
    clock,
  });
  /** The last state of each caller, by what it asks PagerDuty with. */
  const states = new Map<string, string>();
  const told = { own: 0, news: 0, foreignStates: 0 };

  const take = async ({ key, keyForm, request: [method, path, body], stateOf }: Step) => {
    const { headers, asks } = keyForm(key);
    const holders = [...states.keys()];
    // Every other poll brings the caller's own state.
    const holder = stateOf % 2 === 0 ? asks : holders[stateOf % holders.length];
    const state = path.startsWith('/trigger') ? states.get(holder ?? '') : undefined;
    const isForeign = state !== undefined && asks !== '' && holder !== asks;
    const address = state === undefined ? path : `${path}?triggerState=${state}`;
    const answer = await call(method, address, { key: null, headers, body });
    const what = `${method} ${address} ${JSON.stringify(headers)}: ${answer.status} ${answer.text}`;
    const marks = marksIn(answer.text + decoded(answer));
    if (asks === '' ? answer.status !== 400 || marks.length > 0 : marks.some((mark) => mark !== markOf(asks)))
      throw new Error(`of another account: ${what}`);
    if (asks !== '' && answer.status !== 200 && answer.status !== 202) throw new Error(what);
    if (marks.length > 0) told.own += 1;
    if (isForeign) told.foreignStates += 1;
    if (path.startsWith('/trigger') && answer.status === 200) told.news += 1;
    const next = new URL(answer.headers.location ?? 'http://none.invalid').searchParams.get('triggerState');
    if (next !== null && path === '/trigger2/incidents' && !isForeign) states.set(asks, next);
  };

  const property = fc.asyncProperty(fc.array(fc.array(step, { maxLength: 20 }), { maxLength: 5 }), async (waves) => {
    for (const wave of waves) await Promise.all(wave.map(take));
    if (upstream.crossed.length > 0) throw new Error(upstream.crossed.join('\n'));
  });
  for (let round = 0; round < 4; round += 1) {
    await fc.assert(property, { numRuns: 15, endOnFailure: true });
    // So that polls are due again.
    await clock.advance(1_100);
  }
  t.comment(JSON.stringify(told));
  t.ok(told.own > 100, 'what is answered can be told apart');
  t.ok(told.news > 0, 'triggers told of events');
  t.ok(told.foreignStates > 10, 'states of others were tried');
});

/** What a state says, so that nothing hides in it. */
function decoded({ headers }: Answer): string {
  const state = new URL(headers.location ?? 'http://none.invalid').searchParams.get('triggerState');
  return Buffer.from(state ?? '', 'base64url').toString();
}

t.test('what one sender of the Opsgenie bridge has sent is not told to another', async (t) => {
  const upstream = await startMarkingUpstream(t);
  const { href } = upstream.url;
  const service = await startService(t, {
    environment: { PAGERDUTY_API_URL: href, PAGERDUTY_EVENTS_URL: href, OPSGENIE_BRIDGE: 'on' },
  });
  const senders = ['a'.repeat(32), 'A'.repeat(32), `${'a'.repeat(31)}b`].map((key) => senderOf(service, key));
  const silent = senderOf(service, 'c'.repeat(32));
  await Promise.all(
    senders.map(async ({ ask, mark }) => {
      const created = await ask('POST', '/v2/alerts', { alias: 'same', message: mark });
      t.equal(created.status, 202, created.text);
    }),
  );
  const { data } = propertiesOf((await senders[0]?.ask('GET', '/v2/alerts/same?identifierType=alias'))?.body);
  const { id } = propertiesOf(data);
  t.match(id, /^pd_/);
  for (const path of ['/v2/alerts/same?identifierType=alias', `/v2/alerts/${id}`]) {
    for (const { ask, mark } of senders) t.strictSame(marksIn((await ask('GET', path)).text), [mark], path);
    t.equal((await silent.ask('GET', path)).status, 404);
  }
  const statuses = await Promise.all(senders.map(({ ask }) => ask('GET', '/v2/alerts/requests/the-same-request')));
  const integrations = statuses.map(({ body }) => propertiesOf(propertiesOf(body).data).integrationId);
  t.equal(new Set(integrations).size, senders.length, 'each is told of its own request');
  t.equal((await silent.ask('GET', '/v2/alerts/requests/the-same-request')).status, 404);
});

/** A sender with this key. All senders give their requests the same id. */
function senderOf({ call }: RunningService, key: string) {
  const headers = { authorization: `GenieKey ${key}`, 'x-request-id': 'the-same-request' };
  return {
    mark: markOf(key),
    ask: (method: string, path: string, body?: object) =>
      call(method, `/opsgenie${path}`, { key: null, headers, body }),
  };
}
