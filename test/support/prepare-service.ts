import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ControlClient } from '../../sandbox/kit/control-client.js';
import { startSandbox } from '../../sandbox/sandbox.js';
import { freePort } from './free-port.js';

/** A sandbox, and the environment of a service that is to run against it with an empty store. */
export async function prepareService(t: { teardown(close: () => unknown): void }) {
  const dataDir = await mkdtemp(join(tmpdir(), 'connector-main-'));
  t.teardown(() => rm(dataDir, { recursive: true, force: true }));
  const sandbox = await startSandbox();
  t.teardown(() => sandbox.close());
  const port = await freePort();
  return {
    sandbox,
    control: new ControlClient(sandbox.url),
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
