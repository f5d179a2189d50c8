import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** Stands between a client and a server on this machine, and can lose an answer that the server gives. */
export class LossyProxy {
  readonly url: URL;
  /** How many answers were lost. */
  lost = 0;
  #loseNext = false;
  readonly #sockets = new Set<Socket>();

  private constructor(url: URL) {
    this.url = url;
  }

  static async start(t: { teardown(end: () => unknown): void }, target: URL): Promise<LossyProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('The proxy has no address.');
    const proxy = new LossyProxy(new URL(`redis://127.0.0.1:${address.port}`));
    server.on('connection', (near) => proxy.#carry(near, connect(Number(target.port), target.hostname)));
    t.teardown(() => {
      for (const socket of proxy.#sockets) socket.destroy();
      server.close();
    });
    return proxy;
  }

  /** The next answer does not arrive: both connections end instead. */
  loseNextAnswer(): void {
    this.#loseNext = true;
  }

  #carry(near: Socket, far: Socket): void {
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(one);
      one.on('error', () => undefined);
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
    near.on('data', (chunk) => far.write(chunk));
    far.on('data', (chunk) => {
      if (!this.#loseNext) return void near.write(chunk);
      this.#loseNext = false;
      this.lost += 1;
      near.destroy();
    });
  }
}
