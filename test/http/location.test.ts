import { Agent } from 'node:http';
import fc from 'fast-check';
import t from 'tap';
import { location, type PolledTrigger } from '../../src/http/location.js';
import { startService } from '../support/running-service.js';
import { sendHostile } from '../support/send-hostile.js';

const rules = {
  publicUrl: new URL('https://hooks.example.com/pagerduty'),
  gatewayHosts: ['.azure-apim.net', 'gateway.example.com'],
};
const prefix = 'https://unitedstates-002.azure-apim.net/apim/pagerduty/4f1c';
const polled: PolledTrigger = {
  path: '/trigger3/incidents/{userId}',
  pathValues: { userId: 'P/1' },
  query: '',
  headers: {},
};
const next = (headers: PolledTrigger['headers'], query = '') => location({ ...polled, headers, query }, 'S1', rules);

t.test('goes back through the gateway that the request came through', async (t) => {
  t.equal(
    next({ 'x-ms-apim-referrer-prefix': prefix, 'x-ms-apim-referrer': 'https://other.azure-apim.net/x' }),
    `${prefix}/trigger3/incidents/P%2F1?triggerState=S1`,
  );
  t.equal(
    next(
      { 'x-ms-apim-referrer': `${prefix}/trigger3/incidents/P%2F1?a=%2520b&triggerState=old` },
      'a=%20b&triggerState=old',
    ),
    `${prefix}/trigger3/incidents/P%2F1?a=+b&triggerState=S1`,
    'the query is rebuilt from the request, since the referrer’s may be encoded twice',
  );
  t.match(
    next({ 'x-ms-apim-referrer-prefix': 'https://gateway.example.com/' }),
    /^https:\/\/gateway\.example\.com\/trigger3\//,
  );
});

t.test('goes to the public URL if there is no gateway, or none that may be used', async (t) => {
  const own = 'https://hooks.example.com/pagerduty/trigger3/incidents/P%2F1?triggerState=S1';
  for (const url of [
    undefined,
    '',
    'nonsense',
    'http://x.azure-apim.net/apim',
    'https://azure-apim.net.evil.example/apim',
    'https://evilazure-apim.net/apim',
    'https://azure-apim.net/apim',
    'https://user:pass@x.azure-apim.net/apim',
    'https://x.azure-apim.net:8443/apim',
    'https://evil.example/.azure-apim.net',
    'https://evil.example?.azure-apim.net',
    'https://evil.example#.azure-apim.net',
    'https://evil.example\\.azure-apim.net',
    `https://x.azure-apim.net/${'a'.repeat(2_000)}`,
    'https://sub.gateway.example.com/',
  ]) {
    t.equal(next({ 'x-ms-apim-referrer-prefix': url }), own, `prefix ${url?.slice(0, 60)}`);
    t.equal(next({ 'x-ms-apim-referrer': url }), own, `referrer ${url?.slice(0, 60)}`);
  }
  t.equal(next({ 'x-ms-apim-referrer': `${prefix}/elsewhere?x=/trigger3/incidents/P%2F1` }), own, 'another path');
  t.equal(next({ host: 'evil.example', 'x-forwarded-host': 'evil.example' }), own);
  const strict = { ...rules, gatewayHosts: [] };
  t.equal(location({ ...polled, headers: { 'x-ms-apim-referrer-prefix': prefix } }, 'S1', strict), own, 'switched off');
});

t.test('keeps every query parameter of the host, and only the new state', async () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }))), (pairs) => {
      const given = new URLSearchParams([...pairs, ['triggerState', 'old']]);
      const url = new URL(next({}, String(given)));
      const kept = [...url.searchParams].filter(([name]) => name !== 'triggerState');
      const states = url.searchParams.getAll('triggerState');
      const wanted = pairs.filter(([name]) => name !== 'triggerState');
      return JSON.stringify(kept) === JSON.stringify(wanted) && states.length === 1 && states[0] === 'S1';
    }),
  );
});

t.test('no header can steer the next poll to a host that is not allowed', async () => {
  const hosts = fc.oneof(fc.webUrl({ withQueryParameters: true, withFragments: true }), fc.string());
  fc.assert(
    fc.property(hosts, hosts, hosts, (one, two, host) => {
      const url = new URL(next({ 'x-ms-apim-referrer-prefix': one, 'x-ms-apim-referrer': two, host }));
      return url.host === 'hooks.example.com' && url.pathname.endsWith('/trigger3/incidents/P%2F1');
    }),
  );
});

/** Headers by which proxies, gateways and frameworks tell what was asked for, in any case. */
const steering = fc
  .tuple(
    fc.constantFrom(
      ...['host', 'x-forwarded-host', 'x-forwarded-server', 'x-forwarded-proto', 'x-forwarded-scheme'],
      ...[
        'x-forwarded-prefix',
        'x-forwarded-port',
        'x-forwarded-path',
        'x-forwarded-uri',
        'x-forwarded-ssl',
        'forwarded',
      ],
      ...[
        'x-original-host',
        'x-original-url',
        'x-rewrite-url',
        'x-envoy-original-path',
        'x-host',
        'x-http-host-override',
      ],
      ...[
        'x-ms-apim-referrer',
        'x-ms-apim-referrer-prefix',
        'x-ms-original-url',
        'x-real-ip',
        'origin',
        'referer',
        'via',
      ],
      ...['x-ms-apim-referrer', 'x-ms-apim-referrer-prefix', 'x-ms-apim-referrer', 'x-ms-apim-referrer-prefix'],
    ),
    fc.array(fc.boolean(), { minLength: 30, maxLength: 30 }),
  )
  .map(([name, upper]) => [...name].map((letter, index) => (upper[index] ? letter.toUpperCase() : letter)).join(''));

/** Names of hosts that are allowed, and of some that look like it. */
const hostName = fc.oneof(
  fc.domain(),
  fc.constantFrom('x.azure-apim.net', 'a.b.azure-apihub.net', 'X.AZURE-APIM.NET', 'hooks.example.com', 'evil.example'),
  fc
    .tuple(
      fc.constantFrom('', 'x.', 'evil', 'x.azure-apim.net@', 'x.azure-apim.net:1@'),
      fc.constantFrom('', '.', '.evil.example', ':8443', '%2eevil.example', '\\@evil.example'),
    )
    .map(([before, after]) => `${before}azure-apim.net${after}`),
);
const steeringValue = fc.oneof(
  hostName,
  fc
    .tuple(
      fc.constantFrom('https://', 'http://', '//', 'HTTPS://', 'https:', 'javascript://', 'host='),
      hostName,
      fc.constantFrom(
        '',
        '/',
        '/apim/x',
        '//evil.example',
        '/trigger2/incidents',
        '/../..',
        '?x=https://evil.example',
        '#',
      ),
    )
    .map((parts) => parts.join('')),
  hostName.map((name) => `for=1.2.3.4;host=${name};proto=https`),
  fc.constantFrom('https', 'http', '443', '/evil', '//evil.example', ''),
  fc.constantFrom(
    'https://x.azure-apim.net/apim/a/trigger2/incidents',
    'https://a.b.azure-apihub.net/trigger2/incidents',
  ),
  fc.string(),
);

t.test('no headers, however many, written or repeated, steer a poll that comes over the wire', async (t) => {
  const service = await startService(t, { environment: { PUBLIC_URL: 'https://hooks.example.com/pagerduty' } });
  await service.control.patch('/settings', { rateLimitPerMinute: 1_000_000 });
  const { accountKey } = service.sandbox.credentials;
  const url = new URL(service.url);
  const agent = new Agent({ keepAlive: true });
  t.teardown(() => agent.destroy());
  const ways = { back: 0, home: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(
        '',
        '/pagerduty',
        'http://evil.example',
        'https://x.azure-apim.net',
        'http://evil.example/pagerduty',
      ),
      fc.array(fc.tuple(steering, steeringValue), { maxLength: 6 }),
      async (before, headers) => {
        const path = `${before}/trigger2/incidents`;
        const named = headers.some(([name]) => name.toLowerCase() === 'host') ? [] : ([['host', 'x']] as const);
        const answer = await sendHostile(
          {
            method: 'GET',
            path,
            headers: [...named, ['x-api-key', accountKey], ...headers],
            body: undefined,
            pieces: 1,
          },
          { url, agent },
        );
        if (typeof answer === 'string') throw new Error(answer);
        // Fastify takes an address that names a host for a path that nobody has.
        if (answer.status === 404 && before.startsWith('http')) return;
        if (answer.status !== 202) throw new Error(`${answer.status} ${answer.text}`);
        const { origin, host, protocol, pathname } = new URL(answer.headers.location ?? '');
        const isHome = origin === 'https://hooks.example.com' && pathname === '/pagerduty/trigger2/incidents';
        const isBack = protocol === 'https:' && /^[\w.-]+\.azure-(apim|apihub)\.net$/.test(host);
        if (isHome) ways.home += 1;
        else if (isBack && pathname.endsWith('/trigger2/incidents')) ways.back += 1;
        else throw new Error(`${answer.headers.location}`);
      },
    ),
    { numRuns: 600 },
  );
  t.ok(ways.home > 100 && ways.back > 5, `${ways.home} went home, ${ways.back} back through a gateway`);
});
