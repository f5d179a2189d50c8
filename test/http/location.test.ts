import fc from 'fast-check';
import t from 'tap';
import { location, type PolledTrigger } from '../../src/http/location.js';

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

t.test('goes to the public URL where there is no gateway, or none that may be used', async (t) => {
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
