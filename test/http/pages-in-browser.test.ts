import type { Page } from 'playwright-core';
import t from 'tap';
import { browserMissing, launchBrowser, openPage } from '../support/browser.js';
import { startPathProxy } from '../support/path-proxy.js';
import { startService } from '../support/running-service.js';

const skip = browserMissing();

/** Gives the docs page a key, and opens an operation to be filled in. */
async function prepareOperation(page: Page, { key, group, id }: { key: string; group: string; id: string }) {
  await page.locator('.auth-wrapper .authorize').click();
  await page.locator('.modal-ux input').fill(key);
  await page.locator('.modal-ux .authorize').click();
  await page.locator('.modal-ux .btn-done').click();
  const operation = page.locator(`#operations-${group}-${id}`);
  await operation.locator('.opblock-summary-control').click();
  await operation.locator('.try-out__btn').click();
  return operation;
}

t.test('the landing page leads to the docs, and the docs call the service', { skip }, async (t) => {
  const browser = await launchBrowser(t);
  for (const path of ['/', '/pagerduty'] as const) {
    await t.test(`at ${path}`, async (t) => {
      const proxy = path === '/' ? undefined : await startPathProxy(t, path);
      const service = await startService(t, { environment: { PUBLIC_URL: proxy?.url ?? '' } });
      proxy?.forwardTo(service.url);
      const base = proxy?.url ?? service.url;
      const { page, requested, complaints } = await openPage(browser);

      await page.goto(`${base}/`);
      await page.getByRole('link', { name: '/docs' }).click();
      const key = service.sandbox.credentials.accountKey;
      const getUser = await prepareOperation(page, { key, group: 'Actions', id: 'GetUser' });
      await getUser.locator('tr[data-param-name=userId] input').fill('PUSER02');
      await getUser.locator('.execute').click();
      const answer = getUser.locator('.live-responses-table');
      t.match(await answer.locator('.highlight-code').textContent(), '"name": "Grace Hopper"');

      t.ok(requested.includes(`${base}/users/PUSER02`), 'the call went to the service');
      t.strictSame(
        requested.filter((url) => !url.startsWith(`${base}/`)),
        [],
        'nothing was asked of another host, or outside of the path',
      );
      t.strictSame(complaints, []);
    });
  }
});

t.test('the docs call the service at an address that is not its public URL', { skip }, async (t) => {
  const browser = await launchBrowser(t);
  const service = await startService(t, { environment: { PUBLIC_URL: 'https://connector.example.com/pagerduty' } });
  const { page, requested, complaints } = await openPage(browser);
  await page.goto(service.url);
  await page.getByRole('link', { name: '/docs' }).click();
  const key = service.sandbox.credentials.accountKey;
  const trigger = await prepareOperation(page, { key, group: 'Triggers', id: 'OnNewIncidentCreated' });
  await trigger.locator('.execute').click();
  t.equal(await trigger.locator('.live-responses-table tbody .response-col_status').first().textContent(), '202');
  t.strictSame(
    requested.filter((url) => !url.startsWith(`${service.url}/`)),
    [],
  );
  t.strictSame(complaints, []);
});

t.test('on a phone, no page is wider than the screen', { skip }, async (t) => {
  const browser = await launchBrowser(t);
  const service = await startService(t);
  const width = 390;
  const { page, complaints } = await openPage(browser, { viewport: { width, height: 844 }, isMobile: true });
  const pageWidth = () => page.evaluate<number>('document.documentElement.scrollWidth');
  await page.goto(service.url);
  t.equal(await pageWidth(), width, 'the landing page');
  await page.getByRole('link', { name: '/docs' }).click();
  const key = service.sandbox.credentials.accountKey;
  const operation = await prepareOperation(page, { key, group: 'Lookups', id: 'ListIncidents' });
  t.equal(await pageWidth(), width, 'the docs');
  await operation.locator('.execute').click();
  await operation.locator('.live-responses-table').waitFor();
  t.equal(await pageWidth(), width, 'the docs with an answer');
  t.strictSame(complaints, []);
});
