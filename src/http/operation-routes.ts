import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ServiceError } from '../errors/service-error.js';
import type { Operation } from '../operations/operation.js';
import { type Endpoint, placeOf } from '../wire/endpoint.js';
import { fastifyPath } from './fastify-path.js';
import type { HttpDependencies } from './http-dependencies.js';
import { refuseExhausted, takeCall } from './take-call.js';

/** One route for each operation: authenticate, check the inputs, carry it out, answer what it gives. */
export function operationRoutes(server: FastifyInstance, operation: Operation, dependencies: HttpDependencies): void {
  server.route({
    method: operation.method,
    url: fastifyPath(operation.path),
    config: { operation: operation.id },
    // Before a body is read: a call that is refused anyway need not cost that.
    onRequest: (request, reply, done) => {
      const connection = dependencies.connect(request);
      connection.standing.refuseWhereCrowded();
      if (!refuseExhausted(connection.limiter, reply, dependencies.metrics)) return done();
      request.errorCode = 'rate_limited';
      connection.refusals.note();
    },
    handler: async (request, reply) => {
      const connection = dependencies.connect(request);
      const { uniqueKey } = dependencies;
      const context = { connection, uniqueKey, routingKey: routingKeyIn(request) };
      const call = operation.parse(rawInputs(operation, request), context);
      await takeCall(connection.limiter, reply, dependencies.metrics);
      return call.run();
    },
  });
}

/** The inputs as they came, each from the place where it stands. */
export function rawInputs(endpoint: Endpoint, request: FastifyRequest): Record<string, unknown> {
  const path = record(request.params);
  const query = record(request.query);
  const body = endpoint.body === undefined ? {} : record(request.body);
  if (body === undefined) throw notAnObject(request.body);
  const inputs: Record<string, unknown> = {};
  for (const name of Object.keys(endpoint.input.properties)) {
    const place = placeOf(endpoint, name);
    const values = place === 'path' ? path : place === 'query' ? query : body;
    if (values !== undefined && Object.hasOwn(values, name)) inputs[name] = values[name];
  }
  return inputs;
}

/** A flow platform sends what belongs to a connection with each call: this is its second secret beside the API key. */
function routingKeyIn({ headers }: FastifyRequest): string | undefined {
  const value = headers['x-routing-key'];
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

function notAnObject(body: unknown): ServiceError {
  const got = body === undefined || body === null ? 'nothing' : Array.isArray(body) ? 'a list' : `a ${typeof body}`;
  return new ServiceError({
    code: 'invalid_json',
    statusCode: 400,
    message: `Body: expected a JSON object, got ${got}. Send Content-Type: application/json and the documented properties.`,
  });
}

function record(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return isRecord(value) ? value : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
