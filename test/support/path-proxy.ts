import { once } from 'node:events';
import { createServer, request } from 'node:http';

/** A reverse proxy that has the service below a path, takes the path off, and has nothing else. */
export interface PathProxy {
  /** Where the service is reached, without a slash at the end. */
  readonly url: string;
  /** Says where the service listens. */
  forwardTo(serviceUrl: string): void;
}

/** Starts the proxy on a free port. The test's end stops it. */
export async function startPathProxy(
  t: { teardown(close: () => unknown): void },
  path: `/${string}`,
): Promise<PathProxy> {
  let target = '';
  const server = createServer((incoming, outgoing) => {
    const { method, headers, url = '/' } = incoming;
    if (!url.startsWith(`${path}/`)) {
      outgoing.writeHead(404).end();
      return;
    }
    const forwarded = request(`${target}${url.slice(path.length)}`, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    forwarded.on('error', () => outgoing.destroy());
    incoming.pipe(forwarded);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy does not listen');
  return {
    url: `http://127.0.0.1:${address.port}${path}`,
    forwardTo: (serviceUrl) => {
      target = serviceUrl;
    },
  };
}
