import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import t from 'tap';
import { propertiesOf } from '../support/running-service.js';

const logger = new URL('../../dist/telemetry/logger.js', import.meta.url).href;

/** What a process prints that logs from its built logger as `body` says. */
async function printed(body: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const script = `const { createLogger } = await import(${JSON.stringify(logger)}); const logger = createLogger('info'); ${body}`;
  const { stdout } = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return (await text(stdout)).split('\n').flatMap((line) => (line === '' ? [] : [propertiesOf(JSON.parse(line))]));
}

t.test('every line is written, whole and in order, whether the process ends, exits or fails', async (t) => {
  const count = 3_000;
  const log = `for (let index = 0; index < ${count}; index += 1) logger.info({ index }, 'Łódź — ' + 'é'.repeat(index % 200));`;
  // But not by `process.exit` while a write is under way, which Node 24 does not wait for: the service never ends so.
  for (const end of ['', 'process.exit(0);', "throw new Error('Oh');"]) {
    const lines = await printed(`process.on('uncaughtException', () => process.exit(1)); ${log} ${end}`);
    t.equal(lines.length, count, end);
    t.ok(
      lines.every(({ index, msg }, place) => index === place && msg === `Łódź — ${'é'.repeat(place % 200)}`),
      'each as it was logged',
    );
  }
});

t.test('what is fatal is written at once: the process may be killed next', async (t) => {
  const lines = await printed("logger.info('before'); logger.fatal('Oh'); process.kill(process.pid, 'SIGKILL');");
  t.strictSame(
    lines.map(({ msg }) => msg),
    ['before', 'Oh'],
  );
});
