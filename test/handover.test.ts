import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { TriggerFollower } from '../sandbox/kit/trigger-follower.js';
import { FiveFollowers } from './support/five-followers.js';
import { freePort } from './support/free-port.js';
import { prepareService } from './support/prepare-service.js';
import { ServiceProcess } from './support/service-process.js';
import { until } from './support/until.js';

t.setTimeout(300_000);

/** A second process on the folder of a first, once it has said that it waits. */
async function startSecond(t: Test, environment: Readonly<Record<string, string>>) {
  const port = await freePort();
  const service = new ServiceProcess(t, { ...environment, PORT: String(port) });
  const linesThat = (text: string) => service.output.split('\n').filter((line) => line.includes(text));
  const waits = () => linesThat('another process has the event store; waiting for its end');
  await until(() => waits().length > 0, 'that it waits');
  return { service, url: `http://127.0.0.1:${port}`, linesThat, waits };
}

for (const [signal, exitCode] of [
  ['SIGKILL', null],
  ['SIGTERM', 0],
] as const) {
  t.test(`a second process on the folder takes over after ${signal} of the first, and no event is lost`, async (t) => {
    const { control, environment, sandbox, url } = await prepareService(t);
    const first = new ServiceProcess(t, environment);
    await first.ready(url);
    let live = url;
    const key = sandbox.credentials.accountKey;
    // As a proxy would: whoever has the folder gets the polls.
    const proxied: typeof fetch = (next, init) => fetch(String(next).replace(/^[^/]*\/\/[^/]*/, live), init);
    const hosts = await FiveFollowers.register(
      control,
      (path) => new TriggerFollower({ url: url + path, key, fetch: proxied }),
    );
    const second = await startSecond(t, environment);
    t.match(JSON.parse(second.waits()[0] ?? ''), { level: 40, folder: environment.DATA_DIR });
    await hosts.live(await control.trigger({ count: 3 }));
    await hosts.catchUp();
    await t.rejects(fetch(`${second.url}/healthz`), 'it does not listen before it has the store');
    const incidents = await control.trigger({ count: 3 });
    const polling = hosts.catchUp();
    const ended = first.end(signal);
    await hosts.live(incidents);
    t.equal(await ended, exitCode);
    const endedAtMs = performance.now();
    await polling;
    await second.service.ready(second.url);
    t.comment(`${Math.round(performance.now() - endedAtMs)} ms after the end of the first`);
    t.equal(second.waits().length, 1, 'it has said so once');
    live = second.url;
    for (const { kind, ...compared } of await hosts.settle(1_100)) {
      t.strictSame(compared, { owed: 6, lost: [], surplus: [], outOfOrder: [] }, kind);
    }
    t.equal(await second.service.end('SIGTERM'), 0);
  });
}

t.test('SIGTERM ends a process that waits for the folder, which stays as it is', async (t) => {
  const { environment, url } = await prepareService(t);
  const first = new ServiceProcess(t, environment);
  await first.ready(url);
  const contents = async () => {
    const names = (await readdir(environment.DATA_DIR)).sort();
    return Promise.all(names.map(async (name) => [name, await readFile(join(environment.DATA_DIR, name), 'base64')]));
  };
  const before = await contents();
  const second = await startSecond(t, environment);
  t.equal(await second.service.end('SIGTERM'), 0);
  t.equal(second.linesThat('the service stops').length, 1);
  t.equal(second.linesThat('the service listens').length, 0);
  t.equal(second.service.errors, '');
  t.strictSame(await contents(), before);
  t.equal((await fetch(`${url}/readyz`)).status, 200);
  t.equal(await first.end('SIGTERM'), 0);
});
