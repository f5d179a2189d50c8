import t from 'tap';
import { operations } from '../../src/operations/operations.js';
import { triggers } from '../../src/triggers/triggers.js';
import { errorOf, startService } from '../support/running-service.js';

const [token, another] = ['a-token-of-the-service', 'the-next-token-of-it'];
const environment = { ACCESS_TOKENS: `${token},${another}`, OPSGENIE_BRIDGE: 'on' };
const alerts = '/opsgenie/v2/alerts';

t.test('a private service lets nobody do anything without an access token, whatever key comes with it', async (t) => {
  const { call, control, sandbox } = await startService(t, { environment });
  const [genieKey = ''] = Object.values(sandbox.credentials.eventsV2Keys);
  const paths = [...operations, ...triggers].map(
    ({ method, path }) => [method, path.replace(/\{\w+\}/g, 'P1')] as const,
  );
  const bridge = [
    ['POST', alerts],
    ['GET', `${alerts}/x`],
    ['GET', `${alerts}/requests/x`],
    ['POST', `${alerts}/x/notes`],
    ['POST', `${alerts}/x/acknowledge`],
    ['POST', `${alerts}/x/close`],
  ] as const;
  const sent = await control.sentDuring(async () => {
    for (const [method, path] of [...paths, ...bridge]) {
      for (const [given, code] of [
        [undefined, 'missing_access_token'],
        ['', 'missing_access_token'],
        ['  ', 'missing_access_token'],
        [`${token}x`, 'wrong_access_token'],
        [token.slice(0, -1), 'wrong_access_token'],
        [`${token},${another}`, 'wrong_access_token'],
      ] as const) {
        const headers = {
          ...(given === undefined ? {} : { 'x-access-token': given }),
          ...(path.startsWith(alerts) ? { authorization: `GenieKey ${genieKey}` } : {}),
        };
        const options = path.startsWith(alerts) ? { key: null, headers } : { headers };
        const answer = await call(method, path, method === 'GET' ? options : { ...options, body: {} });
        t.equal(answer.status, 401, `${method} ${path}`);
        if (!path.startsWith(alerts)) t.equal(errorOf(answer).code, code, `${method} ${path}`);
        t.match(answer.text, /X-Access-Token: expected one of the access tokens of this service, got/);
      }
    }
    const wrong = { 'x-access-token': 'wrong' };
    t.equal(
      errorOf(await call('GET', '/incidents', { key: null, headers: wrong })).code,
      'wrong_access_token',
      'first of all',
    );
  });
  t.strictSame(sent, []);
});

t.test('with any of its tokens a private service is as every other', async (t) => {
  const { call, sandbox } = await startService(t, { environment });
  const [genieKey = ''] = Object.values(sandbox.credentials.eventsV2Keys);
  for (const given of [token, another]) {
    const headers = { 'x-access-token': given };
    t.equal((await call('GET', '/users/PUSER01', { headers })).status, 200);
    t.equal((await call('GET', '/trigger2/incidents', { headers })).status, 202);
    t.equal(errorOf(await call('GET', '/incidents', { key: null, headers })).code, 'missing_api_key');
    const genie = { ...headers, authorization: `GenieKey ${genieKey}` };
    t.equal((await call('POST', alerts, { key: null, headers: genie, body: { message: 'Full' } })).status, 202);
  }
});

t.test('what says nothing of anybody stays open', async (t) => {
  const { call } = await startService(t, { environment });
  for (const path of ['/', '/docs/', '/apiDefinition.swagger.json', '/healthz', '/readyz', '/metrics'])
    t.equal((await call('GET', path, { key: null })).status, 200, path);
});

t.test('a service without access tokens asks for none, and takes no notice of one', async (t) => {
  const { call } = await startService(t);
  for (const given of ['', 'whatever']) {
    t.equal((await call('GET', '/users/PUSER01', { headers: { 'x-access-token': given } })).status, 200);
  }
});
