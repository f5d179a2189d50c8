import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Operation } from '../operations/operation.js';
import type { Metrics } from '../telemetry/metrics.js';
import { admittedOf } from './authenticate.js';
import { fastifyPath, rawInputs } from './endpoint-route.js';
import { admitCall } from './rate-limit.js';

/** One route for each operation: take a call, check the inputs, carry the operation out. */
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
      config: { operation: operation.id, needsApiKey: operation.needsApiKey },
      // Before a body is read: a call that is refused anyway need not cost that, and wrong inputs cost a call.
      onRequest: async (request, reply) => {
        if (!(await admitCall(admittedOf(request).connection, reply, metrics))) return reply;
      },
      handler: async (request, reply) => {
        const { connection, inputsAreRight } = admittedOf(request);
        const context = { connection, uniqueKey, routingKey: routingKeyIn(request) };
        const call = operation.parse(rawInputs(operation, request), context);
        inputsAreRight();
        const answer = await call.run();
        if (Buffer.isBuffer(answer)) reply.type('application/json; charset=utf-8');
        return answer;
      },
    });
  }
}

/** A flow platform sends a connection's secrets with each call: this is the second, beside the API key. */
function routingKeyIn({ headers }: FastifyRequest): string | undefined {
  const value = headers['x-routing-key'];
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}
