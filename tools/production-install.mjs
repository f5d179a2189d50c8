// Packs the service, installs the pack with production packages alone, starts it, and ends it by SIGTERM.
// Exits with 1 if any of that fails: npm run production-install
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'production-install-'));
const run = (command, args, cwd) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

try {
  const packed = run('npm', ['pack', '--silent', '--pack-destination', folder], root).trim().split('\n').at(-1) ?? '';
  run('tar', ['xzf', packed], folder);
  const installed = join(folder, 'package');
  const unwanted = ['dist/sandbox', 'sandbox', 'src', 'test'].filter((name) => existsSync(join(installed, name)));
  if (unwanted.length > 0) throw new Error(`expected the service alone in the pack, got ${unwanted.join(', ')}, too`);
  run('npm', ['ci', '--omit=dev', '--no-audit', '--no-fund', '--prefer-offline', '--silent'], installed);
  const packages = run('npm', ['ls', '--omit=dev', '--all', '--parseable'], installed).trim().split('\n').length - 1;
  await startAndStop(installed);
  const megabytes = (sizeOf(installed) / 1024 / 1024).toFixed(1);
  process.stdout.write(`A production install starts and stops: ${megabytes} MB, ${packages} packages.\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Fails unless the service answers that it is ready, and ends with 0 within 10 seconds of SIGTERM. */
async function startAndStop(cwd) {
  const service = spawn(process.execPath, ['dist/main.js'], {
    cwd,
    env: { PORT: '0', DATA_DIR: join(folder, 'data') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(service, 'exit');
  const urls = (async () => {
    for await (const line of createInterface({ input: service.stdout })) {
      const { url } = JSON.parse(line);
      if (url !== undefined) return url;
    }
    throw new Error('expected the service to listen, but it ended');
  })();
  const url = await urls;
  service.stdout.resume();
  const { status } = await fetch(new URL('readyz', url));
  if (status !== 200) throw new Error(`expected /readyz to answer 200, got ${status}`);
  const atMost = setTimeout(() => service.kill('SIGKILL'), 10_000);
  service.kill('SIGTERM');
  const [code, signal] = await ended;
  clearTimeout(atMost);
  if (code !== 0) throw new Error(`expected the service to end with 0 after SIGTERM, got ${code ?? signal}`);
}

function sizeOf(path) {
  const stat = statSync(path);
  return stat.isDirectory() ? readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0) : stat.size;
}
