import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

/** A request as it arrived, read whole. */
export interface Received {
  readonly method: string;
  /** Path and query, still encoded. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** An answer: 200 and an empty JSON object unless something else is said. A body that is no text is sent as JSON. */
export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** What one request gets: an answer, or whatever the test does to the response itself. */
export type Behaviour = Reply | ((response: ServerResponse, request: Received) => void);

/** A server on this machine that does what a test tells it to. */
export interface Upstream {
  readonly url: URL;
  /** Every request so far, oldest first. */
  readonly received: Received[];
  /** What the next requests get, in this order; the last one goes for all that follow. */
  script(...behaviours: readonly Behaviour[]): void;
  /** Ends the server and its sockets: from now on connections are refused. */
  stop(): Promise<void>;
}

/** Starts a server on a free port. The test's end stops it. */
export async function startUpstream(
  t: { teardown(close: () => unknown): void },
  ...behaviours: readonly Behaviour[]
): Promise<Upstream> {
  const received: Received[] = [];
  let queue = [...behaviours];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { method = '', url = '', headers } = request;
      const arrived = { method, url, headers, body };
      received.push(arrived);
      const behaviour = (queue.length > 1 ? queue.shift() : queue[0]) ?? {};
      if (typeof behaviour === 'function') behaviour(response, arrived);
      else answer(response, behaviour);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('expected a TCP address');
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  t.teardown(stop);
  return {
    url: new URL(`http://127.0.0.1:${address.port}`),
    received,
    script(...next) {
      queue = [...next];
    },
    stop,
  };
}

/** Sends an answer whole. */
export function answer(response: ServerResponse, { status = 200, headers = {}, body = {} }: Reply): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}
