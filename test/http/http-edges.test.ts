import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { pino } from 'pino';
import t from 'tap';
import { createApp } from '../../src/app.js';
import { readConfig } from '../../src/config/settings.js';
import { apiHeaders, httpLimits, isTooDeep } from '../../src/http/guard-edges.js';
import { createLogger } from '../../src/telemetry/logger.js';
import { RawSocket } from '../support/raw-socket.js';
import { errorOf, machine, startService } from '../support/running-service.js';
import { sendRaw } from '../support/send-raw.js';

const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

t.test('every answer but a page carries the same security headers', async (t) => {
  const { call, url } = await startService(t, { environment: { OPSGENIE_BRIDGE: 'on', RATE_LIMIT_CALLS: '1' } });
  for (const [method, path, options, status] of [
    ['GET', '/users/PUSER01', {}, 200],
    ['GET', '/users/PUSER01', {}, 429],
    ['GET', '/users/PUSER01', { key: null }, 401],
    ['GET', '/trigger2/incidents', {}, 202],
    ['GET', '/nowhere', {}, 404],
    ['DELETE', '/users', {}, 405],
    ['GET', '/users/%', {}, 400],
    ['GET', `/users/${'x'.repeat(5_000)}`, {}, 414],
    ['GET', '/healthz', { key: null }, 200],
    ['GET', '/readyz', { key: null }, 200],
    ['GET', '/metrics', { key: null }, 200],
    ['GET', '/apiDefinition.swagger.json', { key: null }, 200],
    ['POST', '/opsgenie/v2/alerts', { body: {} }, 401],
  ] as const) {
    const answer = await call(method, path, options);
    t.equal(answer.status, status, path);
    t.match(answer.headers, apiHeaders, `${method} ${path.slice(0, 40)}`);
  }
  for (const bytes of ['GARBAGE\r\n\r\n', `GET / HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`]) {
    const answered = await sendRaw(url, bytes);
    for (const [name, value] of Object.entries(apiHeaders)) t.match(answered, `\r\n${name}: ${value}\r\n`);
  }
  for (const path of ['/', '/docs/']) {
    const { headers } = await call('GET', path, { key: null });
    t.match(headers, { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
    t.match(headers['content-security-policy'], /^default-src 'none'; .*style-src/, 'a page has a policy of its own');
  }
  const script = await call('GET', '/docs/static/swagger-ui-bundle.js', { key: null });
  t.not(script.headers['cache-control'], 'no-store', 'a browser may keep the large files of a page');
});

t.test(
  'an expectation that nobody can meet, and a request without Host, are told so in the documented shape',
  async (t) => {
    const { url } = await startService(t);
    const expecting = await sendRaw(
      url,
      'POST /incidents/create HTTP/1.1\r\nhost: x\r\nexpect: a-miracle\r\ncontent-length: 2\r\n\r\n{}',
    );
    t.match(expecting, /^HTTP\/1\.1 417 [\s\S]*"error":\{"code":"expectation_failed","message":"Expect: expected 100-/);
    for (const [name, value] of Object.entries(apiHeaders)) t.match(expecting, `\r\n${name}: ${value}\r\n`);
    t.match(expecting, /\r\nx-request-id: [\w-]{36}\r\n/);
    const metrics = await (await fetch(new URL('/metrics', url))).text();
    t.match(
      metrics,
      /_duration_seconds_count\{operation="CreateIncident",status="417"\} 1/,
      'it is measured and logged',
    );
    const hostless = await sendRaw(url, 'GET /users HTTP/1.1\r\nconnection: close\r\n\r\n');
    t.match(hostless, /^HTTP\/1\.1 400 [\s\S]*"error":\{"code":"invalid_request","message":"Host: expected one/);
    t.match(await sendRaw(url, 'GET /healthz HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 200 /, 'HTTP/1.0 has no such header');
  },
);

t.test('a name that no file of the docs can have is refused in the documented shape', async (t) => {
  const { call } = await startService(t);
  for (const name of ['%2e', 'x'.repeat(256), '../'.repeat(300)]) {
    const answer = await call('GET', `/docs/static/${name}`, { key: null });
    t.equal(answer.status, 400, name.slice(0, 9));
    t.equal(errorOf(answer).code, 'invalid_request');
  }
});

t.test('JSON may be so deep and no deeper, whatever is in its texts', async (t) => {
  const { call, sandbox } = await startService(t);
  const { PSVCWEB } = sandbox.credentials.eventsV2Keys;
  const send = (more: string) =>
    call('POST', '/events/send', {
      body: `{"routing_key":"${PSVCWEB}","summary":"s","source":"x","severity":"info","more":${more}}`,
    });
  const deepest = httpLimits.jsonDepth - 1;
  t.equal((await send(nested(deepest))).status, 200);
  for (const more of [nested(deepest + 1), nested(10_000), nested(200_000), '{"a":'.repeat(50_000)]) {
    const answer = await send(more);
    t.equal(answer.status, 400);
    t.match(errorOf(answer), {
      code: /^invalid_json$/,
      message: /^Body: expected JSON of at most 100 levels, got more\./,
    });
  }
  for (const harmless of ['['.repeat(500), '\\"['.repeat(200), `${'{'.repeat(300)}\\\\`])
    t.equal((await send(`"${harmless}"`)).status, 200, harmless.slice(0, 9));
});

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Object.values(value).reduce((most: number, one) => Math.max(most, depthOf(one)), 0);
}

t.test('how deep a text is, is what a parser would find', async () => {
  const json = fc.oneof(
    fc.json({ maxDepth: 6 }),
    fc.json({ maxDepth: 6, noUnicodeString: false, depthSize: 'xlarge' }),
  );
  fc.assert(
    fc.property(json, fc.nat({ max: 8 }), fc.constantFrom(undefined, 1, 2), (text, most, indent) => {
      const value: unknown = JSON.parse(text);
      return isTooDeep(JSON.stringify(value, undefined, indent), most) === depthOf(value) > most;
    }),
    { numRuns: 500 },
  );
});

t.test('a method that a path does not have is in the log with its error', async (t) => {
  const lines: string[] = [];
  const logger = pino({ level: 'info' }, { write: (line: string) => lines.push(line) });
  const { call } = await startService(t, { logger });
  await call('DELETE', '/users');
  t.match(lines.at(-1), /"status":405,.*"error":"wrong_method"/);
});

t.test('a method that nobody has is refused in the documented shape', async (t) => {
  const { url } = await startService(t);
  for (const method of ['PROPFIND', 'TRACE', 'PURGE', 'QUERY']) {
    const answered = await sendRaw(url, `${method} /users HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    t.match(answered, /^HTTP\/1\.1 4\d\d [\s\S]*\{"error":\{"code":"[a-z_]+","message":"/, method);
  }
});

t.test('what comes while the service stops is answered like everything else', async (t) => {
  const config = readConfig({ PORT: '0', DATA_DIR: t.testdir(), PAGERDUTY_API_URL: 'http://127.0.0.1:9' });
  const app = await createApp(config, { ...machine, logger: createLogger('silent') });
  const url = await app.listen();
  const socket = new RawSocket(url.href);
  // The first request is not whole yet, so its connection is in use when the closing begins.
  await socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\n');
  await new Promise((resolve) => app.server.server.getConnections((_, count) => resolve(count)));
  const closed = app.close();
  await socket.write('\r\nGET /nowhere HTTP/1.1\r\nhost: x\r\n\r\n');
  await socket.closed;
  await closed;
  t.match(socket.received, /^HTTP\/1\.1 200 /);
  t.match(socket.received.toLowerCase(), /\r\nconnection: close\r\n/);
  t.notMatch(socket.received, /Service Unavailable/);
});

t.test('limits are what the reference says', async (t) => {
  const reference = readFileSync(new URL('../../docs/reference.md', import.meta.url), 'utf8');
  const [, table = ''] = /<!-- limits -->\n([\s\S]*?)\n<!-- \/limits -->/.exec(reference) ?? [];
  const rows = table.split('\n').map((row) => row.split('|').map((cell) => cell.trim())[2]);
  t.strictSame(rows.slice(2), [
    `${httpLimits.bodyBytes / 1024} KiB`,
    `${httpLimits.jsonDepth} levels`,
    `${httpLimits.headerBytes / 1024} KiB`,
    `${httpLimits.headersMs / 1000} seconds`,
    `${httpLimits.requestMs / 1000} seconds`,
    `${httpLimits.silentMs / 1000} seconds`,
    `${httpLimits.idleMs / 1000} seconds`,
    `${httpLimits.checkMs / 1000} seconds`,
    httpLimits.sockets.toLocaleString('en-US'),
  ]);
});

t.test('limits are in force', async (t) => {
  const config = readConfig({ PORT: '0', DATA_DIR: t.testdir(), PAGERDUTY_API_URL: 'http://127.0.0.1:9' });
  const app = await createApp(config, { ...machine, logger: createLogger('silent') });
  t.teardown(() => app.close());
  const { server } = app.server;
  t.equal(server.maxConnections, httpLimits.sockets);
  t.equal(server.headersTimeout, httpLimits.headersMs);
  t.equal(server.requestTimeout, httpLimits.requestMs);
  t.equal(server.keepAliveTimeout, httpLimits.idleMs);
  t.equal(server.timeout, httpLimits.silentMs);
  t.equal(app.server.initialConfig.bodyLimit, httpLimits.bodyBytes);

  // The machine's own time runs here, so the waits are made shorter; how often sockets are looked at is not.
  Object.assign(server, { headersTimeout: 100, requestTimeout: 200, maxConnections: 4 });
  const url = (await app.listen()).href;
  const sockets = [
    ['says nothing', ''],
    ['does not end its headers', 'GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: '],
    [
      'does not end its body',
      'PUT /action1/incidents/P1 HTTP/1.1\r\nhost: x\r\nx-api-key: k\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{',
    ],
    [
      'does not end its chunks',
      'PUT /action1/incidents/P1 HTTP/1.1\r\nhost: x\r\nx-api-key: k\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n',
    ],
  ].map(([name = '', bytes = '']) => ({ name, bytes, socket: new RawSocket(url) }));
  for (const { bytes, socket } of sockets) if (bytes !== '') await socket.write(bytes);
  await fetch(new URL('/healthz', url)).then(
    () => t.fail('one socket too many is not served'),
    (error: unknown) => t.match(error instanceof Error ? error.cause : error, { code: /ECONNRESET|UND_ERR_SOCKET/ }),
  );
  for (const { name, socket } of sockets) {
    await socket.closed;
    t.match(
      socket.received,
      /^HTTP\/1\.1 408 [\s\S]*"error":\{"code":"request_timeout","message":"The request took/,
      name,
    );
  }
  t.equal((await fetch(new URL('/healthz', url))).status, 200, 'and there is room again');
});
