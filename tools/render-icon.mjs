// Makes icon.png of assets/icon.svg with a Chromium that is installed: npm run icon -- /path/to/chromium
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [chromium = 'chromium'] = process.argv.slice(2);
const picture = new URL('../assets/icon.svg', import.meta.url);
const icon = fileURLToPath(new URL('../icon.png', import.meta.url));
const profile = mkdtempSync(join(tmpdir(), 'render-icon-'));

try {
  execFileSync(chromium, [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--hide-scrollbars',
    '--force-device-scale-factor=1',
    '--window-size=230,230',
    `--user-data-dir=${profile}`,
    `--screenshot=${icon}`,
    picture.href,
  ]);
} finally {
  rmSync(profile, { recursive: true, force: true });
}
