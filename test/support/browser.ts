import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

type Test = { teardown(close: () => unknown): void };

const usualPaths = [
  '/usr/bin/chromium',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** The Chromium of this machine: the one `CHROMIUM_PATH` names, or one at a usual path. Undefined if there is none. */
export function findBrowser(): string | undefined {
  return process.env.CHROMIUM_PATH || usualPaths.find((path) => existsSync(path));
}

/**
 * Why tests in a browser are skipped here, or false if they run. They also run if `REQUIRE_BROWSER` is set, and
 * fail if there is no browser.
 */
export function browserMissing(): string | false {
  if (findBrowser() !== undefined || process.env.REQUIRE_BROWSER) return false;
  return 'there is no Chromium: install one, or name it in CHROMIUM_PATH';
}

/** Starts Chromium, headless and with a fresh profile. The test's end closes it. */
export async function launchBrowser(t: Test): Promise<Browser> {
  const executablePath = findBrowser();
  if (executablePath === undefined) {
    throw new Error(`Expected a Chromium at CHROMIUM_PATH, ${usualPaths.join(' or ')}, found none. Install one.`);
  }
  const browser = await chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  t.teardown(() => browser.close());
  return browser;
}

/** A page, and what happened on it. */
export interface WatchedPage {
  readonly page: Page;
  /** Every URL that was asked for, apart from data that the page has in itself. */
  readonly requested: readonly string[];
  /** Errors and warnings on the console, and errors that nothing caught. */
  readonly complaints: readonly string[];
}

/** Opens an empty page that sees nothing of the browser's other pages. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<WatchedPage> {
  const context = await browser.newContext(options);
  const requested: string[] = [];
  const complaints: string[] = [];
  context.on('request', (request) => {
    if (!request.url().startsWith('data:')) requested.push(request.url());
  });
  context.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  context.on('weberror', (error) => complaints.push(String(error.error())));
  const page = await context.newPage();
  return { page, requested, complaints };
}
