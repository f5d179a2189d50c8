import { once } from 'node:events';
import { createServer } from 'node:net';
import t from 'tap';
import { freePort } from './support/free-port.js';

t.test('files that run at the same time get ports of their own, which nobody else is lent', async (t) => {
  // Two copies of the module know nothing of each other, like two processes; these even have the same id.
  const { freePort: freePortOfAnother } = await t.mockImport<{ freePort: typeof freePort }>(
    './support/free-port.js',
    {},
  );
  const asked = Array.from({ length: 60 }, (_, index) => (index % 2 === 0 ? freePort() : freePortOfAnother()));
  const ports = await Promise.all(asked);
  t.equal(new Set(ports).size, 60);
  t.ok(
    ports.every((port) => port > 10_000 && port < 30_000),
    'outside of what systems lend to connections that go out',
  );
});

t.test('a port that somebody has is left out', async (t) => {
  const next = (await freePort()) + 1;
  const taken = createServer().listen(next, '127.0.0.1');
  t.teardown(() => taken.close());
  await once(taken, 'listening');
  t.not(await freePort(), next);
});
