import fc from 'fast-check';
import { pino } from 'pino';
import t from 'tap';
import { sandboxCredentials } from '../../sandbox/account/seed-account.js';
import { operations } from '../../src/operations/operations.js';
import { triggers } from '../../src/triggers/triggers.js';
import { actionCases, requestOf } from '../support/action-cases.js';
import { type Answer, errorOf, propertiesOf, startService } from '../support/running-service.js';
import { sendRaw } from '../support/send-raw.js';

const { accountKey, eventsV1Keys, eventsV2Keys } = sandboxCredentials;
const endpoints = [...operations, ...triggers];
const post = 'POST /incidents/QANY/notes';

/** Whether an answer is an error as every error of the service is. */
function isError({ headers, body }: Answer): boolean {
  const { code, message } = errorOf({ body });
  return (
    /^application\/json\b/.test(headers['content-type'] ?? '') &&
    Object.keys(propertiesOf(body)).join() === 'error' &&
    typeof code === 'string' &&
    /^[a-z]+(_[a-z]+)*$/.test(code) &&
    typeof message === 'string' &&
    /^\S.+\.$/.test(message)
  );
}

t.test('a key reaches PagerDuty in the form that it came in, whichever header brings it', async (t) => {
  const { call, control } = await startService(t);
  for (const headers of [
    { 'x-api-key': accountKey },
    { 'x-api-key': `  ${accountKey}  ` },
    { authorization: `Token token=${accountKey}` },
    { authorization: `token  token="${accountKey}"` },
    { authorization: `Bearer ${accountKey}` },
    { authorization: `BEARER   ${accountKey} ` },
    { 'x-api-key': accountKey, authorization: 'Basic of-the-gateway-in-front' },
  ]) {
    const sent = await control.sentDuring(async () => {
      const answer = await call('GET', '/users/PUSER01', { key: null, headers });
      t.equal(answer.status, 200, answer.text);
    });
    t.match(sent, [{ key: 'account' }]);
  }
});

t.test('without a key that can be one nothing is sent, and the key is not repeated', async (t) => {
  const { call, control } = await startService(t);
  const secret = 'u+SecretLookingThing';
  const sent = await control.sentDuring(async () => {
    for (const [headers, code] of [
      [{}, 'missing_api_key'],
      [{ 'x-api-key': '' }, 'missing_api_key'],
      [{ 'x-api-key': ' \t ' }, 'missing_api_key'],
      [{ authorization: '' }, 'missing_api_key'],
      [{ authorization: 'Token token=' }, 'missing_api_key'],
      [{ authorization: 'Token token=""' }, 'missing_api_key'],
      [{ 'x-api-key': '', authorization: `Token token=${secret}` }, 'missing_api_key'],
      [{ authorization: 'Bearer' }, 'malformed_api_key'],
      [{ authorization: secret }, 'malformed_api_key'],
      [{ authorization: `Token ${secret}` }, 'malformed_api_key'],
      [{ authorization: `Basic ${secret}` }, 'malformed_api_key'],
      [{ authorization: `Token token=${secret} ${secret}` }, 'malformed_api_key'],
      [{ 'x-api-key': `${secret} ${secret}` }, 'malformed_api_key'],
      [{ 'x-api-key': `${secret}\u00fc` }, 'malformed_api_key'],
      [{ 'x-api-key': [secret, secret] }, 'malformed_api_key'],
      [{ 'x-api-key': secret.repeat(26) }, 'malformed_api_key'],
    ] as const) {
      for (const { method, path } of endpoints) {
        const body = method === 'GET' ? undefined : {};
        const given = Object.fromEntries(
          Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]),
        );
        const answer = await call(method, path.replace(/\{\w+\}/g, 'P1'), { key: null, headers: given, body });
        t.equal(answer.status, 401, `${JSON.stringify(headers)} ${path}`);
        t.equal(errorOf(answer).code, code, JSON.stringify(headers));
        t.ok(isError(answer), answer.text);
        t.notOk(answer.text.includes(secret));
      }
    }
  });
  t.strictSame(sent, []);

  const byIntegrationKey = actionCases.filter(({ integration }) => integration !== undefined);
  t.strictSame(
    byIntegrationKey.map(({ operation }) => operation.id),
    ['CreateIncident', 'SendEvent', 'SendChangeEvent'],
    'their integration key alone counts',
  );
  for (const action of actionCases) {
    if (byIntegrationKey.includes(action)) continue;
    const inputs = action.inputs({ id: 'Q1', number: 1, title: 'x', status: 'triggered', key: 'k', assigneeIds: [] });
    const { method, path, body } = requestOf(action.operation, inputs);
    const refused = await call(method, path, { key: secret, body });
    t.equal(refused.status, 401, action.operation.id);
    t.equal(errorOf(refused).code, action.unauthorized ?? 'pagerduty_unauthorized');
    t.match(errorOf(refused), { pagerduty: { status: 401 } });
    t.notOk(refused.text.includes(secret));
  }
});

t.test('an id in a path is one segment at PagerDuty, or is refused', async (t) => {
  const { call, control } = await startService(t);
  const ask = async (path: string) => {
    const answers: Answer[] = [];
    const sent = await control.sentDuring(async () => answers.push(await call('GET', path)));
    return {
      status: answers[0]?.status,
      code: answers[0] && errorOf(answers[0]).code,
      sent: sent.map((one) => one.path),
    };
  };
  for (const id of ['PUSER99', 'q-_9']) {
    t.strictSame(await ask(`/users/${id}`), { status: 404, code: 'pagerduty_not_found', sent: [`/users/${id}`] });
  }
  const addressed = ['a%2Fb', '..%2Fincidents', '%25', '%252F', '%3Fa%3Db', '%23', '%F0%9F%94%A5', 'a%20b', '...'];
  const invisible = ['.', '..', '%2E', '%2e%2E', '%00', '%0A', '%7F', '%C2%85', '%20', '%C2%A0', '%E2%80%AE'];
  for (const id of [...addressed, ...invisible, 'x'.repeat(256)]) {
    t.strictSame(await ask(`/users/${id}`), { status: 400, code: 'invalid_input', sent: [] }, id);
  }
  for (const id of ['%', '%2', '%ZZ', '%ED%A0%80', '%FF', 'a%']) {
    t.strictSame(await ask(`/users/${id}`), { status: 400, code: 'invalid_url', sent: [] }, id);
  }
  const long = await ask(`/users/${'x'.repeat(5_000)}`);
  t.match(long, { status: 414, sent: [] });
  for (const path of ['/users/', '/users//', '//users', '/users/a/b', '/trigger2/incidents/']) {
    const { status, sent } = await ask(path);
    t.match(status, /^40[04]$/, path);
    t.strictSame(sent, [], path);
  }
});

t.test('whatever is given for an id, it is one segment at PagerDuty or a 4xx', async (t) => {
  const service = await startService(t);
  const { call, control } = service;
  await control.patch('/settings', { rateLimitPerMinute: 1_000_000 });
  const withIds = actionCases.filter(({ operation }) => 'userId' in operation.input.properties);
  const incident = { id: 'QNONE', number: 1, title: 'x', status: 'triggered', key: 'k', assigneeIds: [] };
  const parts = new Set(actionCases.flatMap(({ sends }) => sends(incident).map(({ path }) => path.split('/')[3])));
  const anyText = fc
    .array(fc.oneof(fc.integer({ min: 0, max: 0x7f }), fc.integer({ min: 0, max: 0xffff })), { maxLength: 12 })
    .map((units) => String.fromCharCode(...units));
  const awkward = fc.constantFrom(
    '.',
    '..',
    '/',
    '%2F',
    '../users',
    'me',
    '?',
    '#',
    '\\',
    '%',
    'a b',
    '\ud800',
    '\0',
    '',
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...withIds),
      fc.oneof(anyText, awkward),
      fc.nat(),
      async ({ operation, inputs }, id, choice) => {
        const fields = Object.keys(operation.input.properties).filter((name) => name.endsWith('Id'));
        const field = fields[choice % fields.length] ?? '';
        const given = id.toWellFormed();
        const inPath = operation.path.includes(`{${field}}`);
        const { method, path, body } = requestOf(operation, { ...inputs(incident), [field]: inPath ? given : id });
        let answer: Answer | undefined;
        const sent = await control.sentDuring(async () => {
          answer = await call(method, path, { body });
        });
        const what = `${operation.id} ${field} ${JSON.stringify(id)}: ${answer?.status} ${answer?.text}`;
        if (answer === undefined || answer.status < 400 || answer.status > 499 || !isError(answer))
          throw new Error(what);
        const known = ['/users/PUSER02', '/users/PUSER03', '/incidents/QNONE', '/incidents/'];
        for (const request of sent) {
          const [empty, collection, segment = '', part, ...more] = request.path.split('/');
          const isRight =
            empty === '' &&
            (collection === 'users' || collection === 'incidents') &&
            (known.includes(`/${collection}/${segment}`) || decodeURIComponent(segment) === given) &&
            parts.has(part) &&
            more.length === 0 &&
            Object.keys(propertiesOf(request.query)).length === 0;
          if (!isRight) throw new Error(`${what} sent ${request.path}`);
        }
      },
    ),
    { numRuns: 120 },
  );
  t.equal((await call('GET', '/users/PUSER01')).status, 200, 'and the service is well');
});

t.test('whatever stands in a path, the service answers with less than a 500', async (t) => {
  const { call } = await startService(t);
  const raw = fc
    .array(fc.integer({ min: 0x21, max: 0x7e }), { maxLength: 20 })
    .map((units) => String.fromCharCode(...units));
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...endpoints), raw, async ({ method, path }, segment) => {
      const url = path.replace(/\{\w+\}|$/, () => segment);
      const answer = await call(method, url, { body: method === 'GET' ? undefined : {} });
      if (answer.status >= 500 || (answer.status >= 400 && !isError(answer))) {
        throw new Error(`${method} ${url}: ${answer.status} ${answer.text}`);
      }
    }),
    { numRuns: 150 },
  );
});

t.test('a body that is no JSON object is refused in words that say what came', async (t) => {
  const { call, control } = await startService(t);
  const [method = '', path = ''] = post.split(' ');
  const sent = await control.sentDuring(async () => {
    for (const [body, headers, status, code] of [
      ['{', {}, 400, 'invalid_json'],
      ['{"userId":"PUSER02",}', {}, 400, 'invalid_json'],
      ["{'userId':'PUSER02'}", {}, 400, 'invalid_json'],
      ['', {}, 400, 'invalid_json'],
      [' ', {}, 400, 'invalid_json'],
      ['[]', {}, 400, 'invalid_json'],
      ['null', {}, 400, 'invalid_json'],
      ['"text"', {}, 400, 'invalid_json'],
      ['7', {}, 400, 'invalid_json'],
      ['true', {}, 400, 'invalid_json'],
      ['{"__proto__":{"userId":"PUSER02"}}', {}, 400, 'invalid_json'],
      ['{"constructor":{"prototype":{"userId":"PUSER02"}}}', {}, 400, 'invalid_json'],
      ['\u0000', {}, 400, 'invalid_json'],
      ['{}', {}, 400, 'invalid_input'],
      ['{"toString":1,"hasOwnProperty":2}', {}, 400, 'invalid_input'],
      [JSON.stringify({ userId: 'PUSER02', note: 'x'.repeat(600_000) }), {}, 413, 'body_too_large'],
      ['userId=PUSER02', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'unsupported_media_type'],
      ['{}', { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
      ['{}', { 'content-type': 'application/xml' }, 415, 'unsupported_media_type'],
      ['{}', { 'content-type': 'nonsense' }, 415, 'unsupported_media_type'],
    ] as const) {
      const answer = await call(method, path, { body, headers });
      const what = `${JSON.stringify(body.slice(0, 40))} ${JSON.stringify(headers)}`;
      t.equal(answer.status, status, `${what}: ${answer.text}`);
      t.equal(errorOf(answer).code, code, what);
      t.ok(isError(answer), answer.text);
    }
    const nothing = await call(method, path, { headers: { 'content-length': '0' } });
    t.equal(nothing.status, 400);
    t.match(errorOf(nothing), { code: /^invalid_json$/, message: /got nothing/ });
    // Deep nesting must not end the process.
    const deep = await call(method, path, { body: `${'['.repeat(100_000)}${']'.repeat(100_000)}` });
    t.equal(deep.status, 400);
  });
  t.strictSame(sent, []);
  t.match(await call('PUT', '/action2/incidents/P1', { body: { userId: 'PNOBODY', more: { than: 'asked' } } }), {
    status: 404,
  });
});

t.test(
  'a query parameter that is given twice or wrongly encoded is refused, and unknown ones are let be',
  async (t) => {
    const { call } = await startService(t);
    for (const path of [
      '/action8/incidents?incident_key=a&incident_key=b',
      '/users?query=a&query=b',
      '/escalation_policies?query=a&query=',
    ]) {
      const answer = await call('GET', path);
      t.equal(answer.status, 400, path);
      t.match(errorOf(answer), { code: /^invalid_input$/, message: /got a list of 2\.$/ });
    }
    for (const query of [
      'include[]=x&include[]=y',
      '__proto__=1&constructor=2',
      '%=%',
      '&&=&',
      `q=${'x'.repeat(4_000)}`,
    ]) {
      t.equal((await call('GET', `/users?${query}`)).status, 200, query);
    }
    const undecodable = await call('GET', '/action8/incidents?incident_key=%FF%zz');
    t.equal(undecodable.status, 404, 'a key that PagerDuty does not have');
  },
);

t.test('an unknown path is a 404, and another method a 405 that names the right one', async (t) => {
  const { call } = await startService(t);
  for (const path of ['/Users', '/users/PUSER01/x', '/action9/incidents', '/trigger9/incidents', '/%75sers/x/y']) {
    const answer = await call('GET', path);
    t.equal(answer.status, 404, path);
    t.equal(errorOf(answer).code, 'unknown_path');
    t.ok(isError(answer), answer.text);
  }
  for (const { path } of endpoints) {
    const allowed = endpoints.filter((one) => one.path === path).map(({ method }) => method);
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      if (allowed.some((one) => one === method)) continue;
      const answer = await call(method, path.replace(/\{\w+\}/g, 'P1'), { key: null });
      t.equal(answer.status, 405, `${method} ${path}`);
      t.equal(answer.headers.allow, allowed.join(', '));
      if (method !== 'HEAD') t.ok(isError(answer), answer.text);
      if (method !== 'HEAD') t.equal(errorOf(answer).code, 'wrong_method');
    }
  }
});

t.test('every answer names its request, by the caller’s own id if that is harmless', async (t) => {
  const { call } = await startService(t);
  const uuid = /^[0-9a-f-]{36}$/;
  for (const [path, options] of [
    ['/users/PUSER01', {}],
    ['/users/PUSER01', { key: null }],
    ['/nowhere', {}],
    ['/healthz', { key: null }],
    ['/trigger2/incidents', {}],
  ] as const) {
    t.match((await call('GET', path, options)).headers['x-request-id'], uuid, path);
    const headers = { 'x-request-id': 'flow-run_08585' };
    t.equal((await call('GET', path, { ...options, headers })).headers['x-request-id'], 'flow-run_08585', path);
  }
  t.match((await call('DELETE', '/users')).headers['x-request-id'], uuid);
  for (const given of ['', 'short', 'with space', 'x'.repeat(65), 'a;b=c"d<e>', ['first-one', 'second-one']]) {
    const { headers } = await call('GET', '/healthz', { headers: { 'x-request-id': given } });
    t.match(headers['x-request-id'], uuid, JSON.stringify(given));
  }
});

/** Writes bytes to the service as they are, and gives all that comes back until it closes the connection. */
t.test('what is no HTTP is answered with a 400 or a closed connection', async (t) => {
  const service = await startService(t);
  const request = (line: string, ...headers: readonly string[]) =>
    [line, 'host: x', `x-api-key: ${accountKey}`, 'connection: close', ...headers, '', ''].join('\r\n');
  for (const [name, bytes] of [
    ['garbage', '\u0000\u0001\u00ffgarbage\r\n\r\n'],
    ['a TLS hello', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003\r\n\r\n'],
    ['no version', 'GET /users\r\n\r\n'],
    ['a space in the path', request('GET /users/a b HTTP/1.1')],
    ['a control character in a header', request('GET /users HTTP/1.1', 'x-request-id: a\u0000b')],
    ['a bare line feed in a header', request('GET /users HTTP/1.1', 'x-a: b\nx-c')],
    ['a header without a name', request('GET /users HTTP/1.1', ': x')],
    ['two lengths', request('POST /incidents/create HTTP/1.1', 'content-length: 1', 'content-length: 2')],
    [
      'a length and chunks',
      request('POST /incidents/create HTTP/1.1', 'content-length: 1', 'transfer-encoding: chunked'),
    ],
    ['a length that is none', request('POST /incidents/create HTTP/1.1', 'content-length: -1')],
    ['an unknown method', request('FROB /users HTTP/1.1')],
    ['headers without end', request('GET /users HTTP/1.1', `x-long: ${'x'.repeat(100_000)}`)],
  ] as const) {
    const answered = await sendRaw(service.url, bytes);
    t.match(answered, /^$|^HTTP\/1\.1 4\d\d .*\r\ncontent-type: application\/json\b.*\r\n\r\n\{.*\}$/is, name);
    t.notOk(answered.includes(accountKey), name);
  }
  const odd = await sendRaw(service.url, request('GET /users/PUSER01 HTTP/1.1', 'x-ms-x: caf\u00e9 \u00ff'));
  t.match(odd, /^HTTP\/1\.1 200 /, 'bytes above ASCII in a header of no importance');
  const absolute = await sendRaw(service.url, request('GET http://elsewhere.example/users/PUSER01 HTTP/1.1'));
  t.match(absolute, /^HTTP\/1\.1 (200|404) /);
  t.equal((await service.call('GET', '/users/PUSER01')).status, 200, 'and the service is well');
});

t.test('no key is in any answer or line of the log', async (t) => {
  const lines: string[] = [];
  const logger = pino({ level: 'trace' }, { write: (line: string) => lines.push(line) });
  const service = await startService(t, { logger, environment: { RATE_LIMIT_CALLS: '60' } });
  const { control, call } = service;
  const wrongKey = 'y_WrongKeyOfSomebody';
  const wrongIntegrationKey = 'f0123456789abcdef0123456789abcde';
  const signature = 'sig=TheSignatureOfTheFlow';
  const texts: string[] = [];
  const [incident] = await control.trigger();
  // PagerDuty, or a proxy in front of it, may repeat what it was sent.
  const echo = (...secrets: readonly string[]) => ({ error: { code: 1, message: secrets.join(' '), errors: secrets } });

  for (const key of [accountKey, wrongKey]) {
    for (const headers of [
      { 'x-api-key': key },
      { authorization: `Token token=${key}` },
      { authorization: `Bearer ${key}` },
      { authorization: `Basic ${key}` },
      { 'x-api-key': `${key} ${key}` },
    ]) {
      const shared = {
        key: null,
        headers: { ...headers, 'x-ms-trigger-callback-url': `https://flow.example?${signature}` },
      };
      for (const action of actionCases) {
        const { method, path, body } = requestOf(action.operation, action.inputs(incident));
        texts.push((await call(method, path, { ...shared, body })).text);
      }
      for (const { path } of triggers) {
        const { text: answered, headers: got } = await call('GET', path.replace(/\{\w+\}/g, 'P1'), shared);
        texts.push(answered, JSON.stringify(got));
      }
      await control.fault({ method: 'GET' }, { status: 400, body: echo(key, `Token token=${key}`) });
      texts.push((await call('GET', '/users/PNEW', shared)).text);
      await control.clearFaults();
      texts.push(
        (await call('POST', '/incidents/create', { ...shared, body: `{"service_key":"${wrongIntegrationKey}"` })).text,
      );
    }
  }
  const unlimited = await control.newKeys(1);
  for (const service_key of [
    eventsV2Keys.PSVCWEB,
    eventsV1Keys.PSVCWEB,
    wrongIntegrationKey,
    `${wrongIntegrationKey}x`,
  ]) {
    const create = () =>
      call('POST', '/incidents/create', {
        key: unlimited[0]?.key ?? '',
        body: { service_key, description: 'CPU hot' },
      });
    texts.push((await create()).text);
    await control.fault(
      { method: 'POST' },
      { status: 400, body: { message: 'no', errors: [`What is ${service_key}?`] } },
    );
    texts.push((await create()).text);
    await control.fault({ method: 'POST' }, { cut: 'before' }, { times: 3 });
    texts.push((await create()).text);
    await control.clearFaults();
  }
  for (const path of ['/events/send', '/events/change']) {
    for (const routing_key of [eventsV2Keys.PSVCPAY, wrongIntegrationKey, `${wrongIntegrationKey}x`]) {
      const body = { summary: 'CPU hot', severity: 'info', source: 'db-1' };
      const key = unlimited[0]?.key ?? '';
      const headers = { 'x-routing-key': routing_key };
      texts.push((await call('POST', path, { key, headers, body })).text);
      texts.push((await call('POST', path, { key, body: { ...body, routing_key } })).text);
      await control.fault({ method: 'POST' }, { status: 400, body: { errors: [`What is ${routing_key}?`] } });
      texts.push((await call('POST', path, { key, headers, body })).text);
      await control.clearFaults();
    }
  }
  texts.push((await call('GET', `/metrics`)).text, (await call('GET', `/users?query=${accountKey}`)).text);

  const integrationKeys = [eventsV1Keys.PSVCWEB, eventsV2Keys.PSVCWEB, eventsV2Keys.PSVCPAY, eventsV2Keys.PSVCBAT];
  const secrets = [accountKey, wrongKey, wrongIntegrationKey, ...integrationKeys, signature];
  t.ok(lines.length > 100, 'there is a log');
  for (const secret of secrets) {
    t.strictSame(
      [...texts, ...lines].filter((one) => one.includes(secret)),
      [],
    );
  }
  t.notOk(
    lines.some((line) => line.includes('grace@sandbox.example')),
    'nor who acts',
  );
});

t.test('what is refused before a route is found has a request id, a line in the log and a count', async (t) => {
  const lines: string[] = [];
  const logger = pino({ level: 'info' }, { write: (line: string) => lines.push(line) });
  const { call } = await startService(t, { logger });
  for (const [path, status, code] of [
    ['/users/%', 400, 'invalid_url'],
    [`/users/${'x'.repeat(5_000)}`, 414, 'url_too_long'],
  ] as const) {
    lines.length = 0;
    const answer = await call('GET', path);
    t.equal(answer.status, status);
    t.equal(errorOf(answer).code, code);
    t.ok(answer.headers['x-request-id']);
    t.ok(
      lines.some((line) => line.includes(`"error":"${code}"`)),
      'logged',
    );
  }
  t.match(
    (await call('GET', '/metrics')).text,
    /connector_request_duration_seconds_count\{operation="other",status="414"\} 1/,
  );
});

t.test('a key in a request that is no HTTP is not logged, and the error has the documented shape', async (t) => {
  const lines: string[] = [];
  const logger = pino({ level: 'trace' }, { write: (line: string) => lines.push(line) });
  const service = await startService(t, { logger });
  const answered = await sendRaw(
    service.url,
    `GET /users HTTP/1.1\r\nhost: x\r\nx-api-key: ${accountKey}\r\nx: a\0b\r\n\r\n`,
  );
  t.match(answered, /"error":\{"code":"invalid_request","message":"The request is not valid HTTP\."\}/);
  const logged = lines.join('');
  t.notOk(logged.includes(accountKey));
  t.notOk(logged.includes([...Buffer.from(accountKey)].join(',')), 'nor as bytes');
  const long = await sendRaw(service.url, `GET /users HTTP/1.1\r\nhost: x\r\nx-long: ${'x'.repeat(100_000)}\r\n\r\n`);
  t.match(long, /^HTTP\/1\.1 431 [\s\S]*"code":"headers_too_large"/);
});
