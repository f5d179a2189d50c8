import t from 'tap';
import { actionCases, prepare, requestOf } from '../support/action-cases.js';
import { ManualClock } from '../support/manual-clock.js';
import { errorOf, type RunningService, startService } from '../support/running-service.js';
import { triggerCases } from '../support/trigger-cases.js';

const alerts = '/opsgenie/v2/alerts';
const unknownKeyOfAnIntegration = 'R0UT1NGKEYTHATNOBODYHASEVERMADE1';

/** Requests with invented keys from one address, until no more are let in. */
async function exhaust({ call }: RunningService): Promise<void> {
  for (let wave = 0; wave < 30; wave += 1) {
    const invented = Array.from({ length: 50 }, (_, index) => `guess-${wave}-${index}`);
    const answers = await Promise.all(invented.map((key) => call('PUT', '/action1/incidents/P1', { key, body: {} })));
    if (answers.every(({ status }) => status === 503)) return;
  }
  throw new Error('invented keys are let in for ever');
}

t.test('no call to PagerDuty goes round the bound of unknown keys, and no accepted key meets it', async (t) => {
  const service = await startService(t, { clock: new ManualClock(), environment: { OPSGENIE_BRIDGE: 'on' } });
  const { call, control } = service;
  const requests: { method: string; path: string; body?: object | undefined }[] = [];
  for (const action of actionCases) {
    requests.push(requestOf(action.operation, action.inputs(...(await prepare(control, action)))));
  }
  for (const { trigger } of triggerCases) {
    requests.push({ method: trigger.method, path: trigger.path.replace(/\{\w+\}/g, 'P1') });
  }
  const good = (await call('GET', '/users/PUSER01')).status;
  t.equal(good, 200);
  await exhaust(service);

  const sent = await control.sentDuring(async () => {
    for (const [index, { method, path, body }] of requests.entries()) {
      const keyed: object = { ...body };
      for (const name of ['routing_key', 'service_key']) {
        if (name in keyed) Object.assign(keyed, { [name]: unknownKeyOfAnIntegration });
      }
      const headers = { 'x-routing-key': unknownKeyOfAnIntegration };
      const options = { key: `unknown-${index}`, headers, ...(body === undefined ? {} : { body: keyed }) };
      const answer = await call(method, path, options);
      t.equal(answer.status, 503, `${method} ${path}`);
      t.equal(errorOf(answer).code, 'too_many_unknown_keys', `${method} ${path}`);
    }
    for (const [method, path, body] of [
      ['POST', alerts, { message: 'The disk is full' }],
      ['POST', `${alerts}/disk/acknowledge?identifierType=alias`, {}],
      ['POST', `${alerts}/disk/close?identifierType=alias`, {}],
      ['POST', `${alerts}/disk/notes?identifierType=alias`, { note: 'x' }],
    ] as const) {
      const headers = { authorization: `GenieKey ${unknownKeyOfAnIntegration}` };
      t.equal((await call(method, path, { key: null, headers, body })).status, 503, `${method} ${path}`);
    }
  });
  t.strictSame(sent, []);
  t.equal((await call('GET', '/users/PUSER02')).status, 200);
  t.equal((await call('GET', '/trigger2/incidents')).status, 202);
});

t.test(
  'an integration key that is used passes while keys are guessed, and a caller from another address',
  async (t) => {
    const environment = { OPSGENIE_BRIDGE: 'on', TRUSTED_PROXIES: '127.0.0.1' };
    const service = await startService(t, { clock: new ManualClock(), environment });
    const { call, control, sandbox } = service;
    const { eventsV1Keys, eventsV2Keys, userKey } = sandbox.credentials;
    const [service_key = ''] = Object.values(eventsV2Keys);
    const create = (to: string) =>
      call('POST', '/incidents/create', { key: 'any', body: { service_key: to, description: 'The disk is full' } });
    t.equal((await create(service_key)).status, 200);
    await exhaust(service);
    t.equal((await create(service_key)).status, 200, 'whatever the API key is');
    const genie = { authorization: `GenieKey ${service_key}` };
    t.equal((await call('POST', alerts, { key: null, headers: genie, body: { message: 'x' } })).status, 202);
    const [another = ''] = Object.values(eventsV1Keys);
    t.equal((await create(another)).status, 503);
    const sent = await control.sentDuring(async () => {
      t.equal((await call('GET', '/users/PUSER01', { key: userKey })).status, 503);
    });
    t.strictSame(sent, []);
    const elsewhere = { 'x-forwarded-for': '198.51.100.1, 203.0.113.9' };
    t.equal((await call('GET', '/users/PUSER01', { key: userKey, headers: elsewhere })).status, 200);
  },
);

t.test('X-Forwarded-For of anybody else is not believed', async (t) => {
  const service = await startService(t, { clock: new ManualClock() });
  await exhaust(service);
  const headers = { 'x-forwarded-for': '203.0.113.9' };
  t.equal((await service.call('GET', '/users/PUSER01', { headers })).status, 503);
});
