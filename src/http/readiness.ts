import { Server as NetServer } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Clock } from '../clock/clock.js';
import type { Metrics } from '../telemetry/metrics.js';

/** Whoever asks within this time after a check gets its result: asking often must not mean writing often. */
const keptMs = 500;
/** Whoever has asked within this time will ask again. */
const askingMs = 60_000;
/** For so long load balancers can notice that the service stops, while it still takes connections. */
const noticeMs = 2_000;
/** For so long an idle connection may still carry a last request. */
const lastRequestMs = 2_500;
/** After this long every connection is cut, whatever it is doing: the process ends within ten seconds of SIGTERM. */
const maxCloseMs = 3_000;
const closeIdleEveryMs = 50;

/** Whether the service can do its work: it is not about to stop, and its store can be written. */
export class Readiness {
  readonly #clock: Clock;
  readonly #checkStore: () => Promise<void>;
  #isDraining = false;
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #checkedAtMs = Number.NEGATIVE_INFINITY;
  #result: Promise<void> = Promise.resolve();

  constructor(options: { clock: Clock; checkStore: () => Promise<void> }) {
    this.#clock = options.clock;
    this.#checkStore = options.checkStore;
  }

  /** Rejects with the reason while the service cannot do its work. */
  check(): Promise<void> {
    const nowMs = this.#clock.monotonic();
    this.#askedAtMs = nowMs;
    if (this.#isDraining) return Promise.reject(new Error('the service is stopping'));
    if (Math.abs(nowMs - this.#checkedAtMs) >= keptMs) {
      this.#checkedAtMs = nowMs;
      this.#result = this.#checkStore();
    }
    return this.#result;
  }

  /**
   * From now on the service is not ready.
   * @returns whether there is somebody to notice: a load balancer that has asked within the last minute
   */
  drain(): boolean {
    this.#isDraining = true;
    return this.#clock.monotonic() - this.#askedAtMs < askingMs;
  }
}

/** What load balancers and operators ask without a key. Alive: the process answers. Ready: it can do its work. */
export async function probeRoutes(
  server: FastifyInstance,
  options: { readonly readiness: Readiness; readonly metrics: Metrics; readonly store: 'sqlite' | 'redis' },
): Promise<void> {
  const { readiness, metrics, store } = options;
  const method = ['GET', 'HEAD'];
  server.route({ method, url: '/healthz', config: { operation: 'healthz' }, handler: async () => ({ status: 'ok' }) });
  server.route({
    method,
    url: '/readyz',
    config: { operation: 'readyz' },
    handler: async (request, reply) => {
      try {
        await readiness.check();
        return { status: 'ready', store };
      } catch (error) {
        request.log.warn({ err: error }, 'not ready');
        return reply.code(503).send({ status: 'not ready', store });
      }
    },
  });
  server.route({
    method,
    url: '/metrics',
    config: { operation: 'metrics' },
    handler: async (_, reply) => reply.type(metrics.contentType).send(await metrics.render()),
  });
}

/**
 * Ends a server so that every request that was sent gets its answer: it takes no more connections, and each one that is
 * open ends with its next answer, or after a while.
 */
export async function drain(server: FastifyInstance, readiness: Readiness, clock: Clock): Promise<void> {
  if (readiness.drain()) await clock.sleep(noticeMs);
  await new Promise<void>((resolve) => {
    const cancel = clock.after(lastRequestMs, resolve);
    // The close() of http would also cut idle connections at once, and a caller may be sending on one.
    NetServer.prototype.close.call(server.server, () => {
      cancel();
      resolve();
    });
  });
  // A connection whose answer had begun before is kept alive; one that never sent a request counts as busy for ever.
  const callOffCut = clock.after(maxCloseMs, () => server.server.closeAllConnections());
  let callOff = () => {};
  const closeIdle = () => {
    server.server.closeIdleConnections();
    callOff = clock.after(closeIdleEveryMs, closeIdle);
  };
  closeIdle();
  await server.close();
  callOff();
  callOffCut();
}

/** How many connections of callers are open. */
export function openSockets(server: FastifyInstance): Promise<number> {
  return new Promise((resolve) => server.server.getConnections((_, count) => resolve(count ?? 0)));
}
