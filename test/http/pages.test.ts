import { readFileSync } from 'node:fs';
import t from 'tap';
import { operations } from '../../src/operations/operations.js';
import { triggers } from '../../src/triggers/triggers.js';
import { propertiesOf, startService } from '../support/running-service.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

t.test('the landing page needs no key, and whatever it links is there', async (t) => {
  for (const publicUrl of ['', 'https://connector.example.com', 'https://connector.example.com/a&b/pagerduty/']) {
    const { call, url } = await startService(t, { environment: { PUBLIC_URL: publicUrl } });
    const landing = await call('GET', '/', { key: null });
    t.equal(landing.status, 200);
    t.match(landing.headers['content-type'], 'text/html');
    const text = landing.text.replaceAll('&#38;', '&');
    t.match(text, `Version ${version}.`);
    t.match(text, `curl -H 'X-API-Key: YOUR_KEY' ${publicUrl.replace(/\/$/, '') || url}/incidents`);
    t.notMatch(text, '<script');
    t.notMatch(landing.text, 'a&b', 'the address is escaped');
    t.match(text, '<link rel="icon" href="data:', 'browsers ask for no /favicon.ico');
    const links = [...text.matchAll(/<a href="([^"]*)"/g)].map(([, link = '']) => link);
    for (const path of ['/docs', '/apiDefinition.swagger.json', '/healthz', '/readyz', '/metrics']) {
      t.ok(
        links.some((link) => link.endsWith(path)),
        path,
      );
    }
    for (const link of links) t.equal((await call('GET', link, { key: null })).status, 200, link);

    const head = await call('HEAD', '/', { key: null });
    t.match(head, { status: 200, text: '' });
    t.equal(head.headers['content-length'], landing.headers['content-length']);
  }
});

t.test('a page loads what its own host has, and nobody frames it', async (t) => {
  const { call } = await startService(t);
  for (const path of ['/', '/docs', '/docs/', '/docs/static/swagger-ui-bundle.js', '/docs/static/theme/page.js']) {
    const { headers, status } = await call('GET', path, { key: null });
    t.equal(status, 200, path);
    t.match(headers['content-security-policy'], /^default-src 'none'; .*frame-ancestors 'none'$/, path);
    t.notMatch(headers['content-security-policy'], /unsafe|\*|https?:/, path);
    t.match(headers, { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' }, path);
  }
});

t.test('the docs show the definition in groups, below whichever address they were opened at', async (t) => {
  const { call } = await startService(t, { environment: { PUBLIC_URL: 'https://connector.example.com/pagerduty' } });
  const shown = propertiesOf((await call('GET', '/docs/json', { key: null })).body);
  const { host, schemes, ...definition } = propertiesOf((await call('GET', '/apiDefinition.swagger.json')).body);
  t.strictSame([host, schemes], ['connector.example.com', ['https']], 'the definition to import has its address');

  const lookups = operations.filter(({ visibility }) => visibility === 'internal').map(({ id }) => id);
  const groupOf = (id: unknown) =>
    triggers.some((trigger) => trigger.id === id) ? 'Triggers' : lookups.includes(String(id)) ? 'Lookups' : 'Actions';
  const grouped = Object.entries(propertiesOf(definition.paths)).map(([path, item]) => {
    const methods = Object.entries(propertiesOf(item)).map(([method, operation]) => {
      const tags = [groupOf(propertiesOf(operation).operationId)];
      return [method, { ...propertiesOf(operation), tags }];
    });
    return [path, Object.fromEntries(methods)];
  });
  t.strictSame(shown, {
    ...definition,
    info: shown.info,
    tags: shown.tags,
    paths: Object.fromEntries(grouped),
  });
  t.match(shown.tags, [{ name: 'Actions' }, { name: 'Triggers' }, { name: 'Lookups' }]);
});
