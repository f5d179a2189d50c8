import type { FastifyInstance } from 'fastify';
import type { Engine } from '../engine/engine.js';
import type { Metrics } from '../telemetry/metrics.js';
import { admittedOf } from './authenticate.js';
import { admitCall } from './rate-limit.js';

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
    handler: async (request, reply) => {
      const { connection, inputsAreRight } = admittedOf(request);
      if (!(await admitCall(connection, reply, metrics))) return reply;
      inputsAreRight();
      await engine.erase(connection);
      return reply.code(204).send();
    },
  });
}
