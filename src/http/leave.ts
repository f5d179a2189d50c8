import type { Server } from 'node:http';
import { Server as NetServer } from 'node:net';
import type { Clock } from '../clock/clock.js';

/**
 * Takes no more connections, and lets those that are there end with their next answer, which says so. Resolves when all
 * have gone, or after `longestMs`.
 *
 * Node's own `close()` ends idle connections at once, so that a caller who is just sending on one gets no answer.
 */
export async function leave(server: Server, options: { clock: Clock; longestMs: number }): Promise<void> {
  server.prependListener('request', (_, response) => {
    response.shouldKeepAlive = false;
  });
  await new Promise<void>((resolve) => {
    const cancel = options.clock.after(options.longestMs, resolve);
    NetServer.prototype.close.call(server, () => {
      cancel();
      resolve();
    });
  });
}
