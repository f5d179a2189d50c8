import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Operation } from '../operations/operation.js';
import type { Metrics } from '../telemetry/metrics.js';
import { connectionOf } from './authenticate.js';
import { fastifyPath, rawInputs } from './endpoint-route.js';
import { admitCall, refuseExhausted } from './rate-limit.js';

/** One route for each operation: check the inputs, take a call, carry the operation out. */
export async function operationRoutes(
  server: FastifyInstance,
  options: {
    readonly operations: readonly Operation[];
    readonly metrics: Metrics;
    readonly uniqueKey: () => string;
  },
): Promise<void> {
  const { operations, metrics, uniqueKey } = options;
  for (const operation of operations) {
    server.route({
      method: operation.method,
      url: fastifyPath(operation.path),
      config: { operation: operation.id },
      // Before a body is read: a call that is refused anyway need not cost that.
      onRequest: (request, reply, done) => {
        if (!refuseExhausted(connectionOf(request), reply, metrics)) done();
      },
      handler: async (request, reply) => {
        const connection = connectionOf(request);
        const context = { connection, uniqueKey, routingKey: routingKeyIn(request) };
        const call = operation.parse(rawInputs(operation, request), context);
        return (await admitCall(connection, reply, metrics)) ? call.run() : reply;
      },
    });
  }
}

/** A flow platform sends a connection's secrets with each call: this is the second, beside the API key. */
function routingKeyIn({ headers }: FastifyRequest): string | undefined {
  const value = headers['x-routing-key'];
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}
