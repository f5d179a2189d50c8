import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { FlowHost } from '../src/demo/flow-host.js';
import { startSandbox } from '../src/sandbox/sandbox.js';
import { SandboxControl } from './support/sandbox-control.js';
import { freePort, ServiceProcess } from './support/service-process.js';

async function prepare(t: { teardown(close: () => unknown): void }) {
  const dataDir = await mkdtemp(join(tmpdir(), 'connector-main-'));
  const sandbox = await startSandbox();
  const port = await freePort();
  t.teardown(async () => {
    await sandbox.close();
    await rm(dataDir, { recursive: true, force: true });
  });
  return {
    sandbox,
    control: new SandboxControl(sandbox.url),
    url: `http://127.0.0.1:${port}`,
    environment: {
      PORT: String(port),
      DATA_DIR: dataDir,
      PAGERDUTY_API_URL: sandbox.url,
      PAGERDUTY_EVENTS_URL: sandbox.url,
      TRIGGER_POLL_SECONDS: '1',
    },
  };
}

t.test('a wrong setting ends the start with one line that says what was expected', async (t) => {
  const file = join(await mkdtemp(join(tmpdir(), 'connector-main-')), 'a-file');
  await writeFile(file, '');
  for (const [environment, line] of [
    [{ PORT: 'http' }, /^PORT: expected a whole number from 0 to 65535, got "http"\. .*\n$/],
    [{ TRIGGER_POLL_SECONDS: '0' }, /^TRIGGER_POLL_SECONDS: expected a whole number from 1 to 3600, got "0"\. .*\n$/],
    [{ REDIS_URL: 'redis://localhost' }, /^REDIS_URL: expected .*\n$/],
    [{ DATA_DIR: join(file, 'below') }, /^DATA_DIR: expected a folder that this service can write to, got .*\n$/],
  ] as const) {
    const service = new ServiceProcess(Object.assign({ PORT: '0' }, environment));
    await new Promise((resolve) => service.process.once('close', resolve));
    t.equal(service.process.exitCode, 1);
    t.match(service.errors, line);
    t.equal(service.output, '');
  }
});

t.test('a port that is taken ends the start, and nothing is left running', async (t) => {
  const { environment, sandbox } = await prepare(t);
  const service = new ServiceProcess({ ...environment, PORT: new URL(sandbox.url).port });
  await new Promise((resolve) => service.process.once('close', resolve));
  t.equal(service.process.exitCode, 1);
  t.match(service.errors, /EADDRINUSE/);
});

t.test('SIGTERM ends the service cleanly, and requests under way are answered first', async (t) => {
  const { control, environment, sandbox, url } = await prepare(t);
  const service = new ServiceProcess(environment);
  await service.ready(url);
  await control.fault({ path: '/users' }, { delayMs: 1_500 });
  const underWay = fetch(`${url}/users/PUSER01`, { headers: { 'x-api-key': sandbox.credentials.accountKey } });
  await new Promise((resolve) => setTimeout(resolve, 300));
  const ended = service.end('SIGTERM');
  t.equal((await underWay).status, 200);
  t.equal(await ended, 0);
  t.match(service.output, /"msg":"the service stops"/);
});

t.test('no event is lost or comes twice when the service is killed at random moments', async (t) => {
  const { control, environment, sandbox, url } = await prepare(t);
  let service = new ServiceProcess(environment);
  await service.ready(url);
  const host = new FlowHost({
    url: `${url}/trigger2/incidents`,
    key: sandbox.credentials.accountKey,
    onRegistered: () => undefined,
    onReceived: () => undefined,
  });
  // A host whose service does not answer asks again later with the state it had.
  const poll = () => host.poll().catch(() => 1);
  await poll();
  const created: string[] = [];
  for (let kill = 0; kill < 8; kill += 1) {
    const incidents = await control.trigger({ count: 3 });
    created.push(...incidents.map(({ id }) => id));
    const polling = poll();
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
    await service.end('SIGKILL');
    await polling;
    service = new ServiceProcess(environment);
    await service.ready(url);
    if (kill % 2 === 1) await poll();
  }
  for (let round = 0; round < 3; round += 1) {
    await poll();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  t.strictSame(
    host.received.map(({ id }) => id),
    created,
  );
  t.equal(await service.end('SIGTERM'), 0);
});
