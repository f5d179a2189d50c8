import type { FastifyInstance } from 'fastify';
import type { Engine } from '../engine/engine.js';
import type { Metrics } from '../telemetry/metrics.js';
import { connectionOf } from './authenticate.js';
import { admitCall, refuseExhausted } from './rate-limit.js';

/**
 * Erases what the service keeps of the caller's connection. No operation of the definition: no flow is to do this. It
 * takes a call of the connection, but asks PagerDuty nothing, so that the data of a key that was revoked can go too.
 */
export async function eraseRoute(
  server: FastifyInstance,
  { engine, metrics }: { readonly engine: Engine; readonly metrics: Metrics },
): Promise<void> {
  server.route({
    method: 'DELETE',
    url: '/connection',
    config: { operation: 'erase' },
    onRequest: (request, reply, done) => {
      if (!refuseExhausted(connectionOf(request), reply, metrics)) done();
    },
    handler: async (request, reply) => {
      const connection = connectionOf(request);
      if (!(await admitCall(connection, reply, metrics))) return reply;
      await engine.erase(connection);
      return reply.code(204).send();
    },
  });
}
