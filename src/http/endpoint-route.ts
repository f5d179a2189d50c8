import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ServiceError } from '../errors/service-error.js';
import { isObject, type JsonObject } from '../pagerduty/json.js';
import { type Endpoint, placeOf } from '../wire/endpoint.js';

/** A path template of the definition as Fastify writes it: `/users/{userId}` becomes `/users/:userId`. */
export function fastifyPath(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1');
}

/** The inputs as they came, each from its place in the request. @throws {ServiceError} `invalid_json`, 400 */
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

/** A known path with a method that it does not have is a 405 that names those it has, not a 404. */
export function refuseOtherMethods(server: FastifyInstance, endpoints: readonly Endpoint[]): void {
  for (const path of new Set(endpoints.map((endpoint) => endpoint.path))) {
    const allowed = endpoints.filter((endpoint) => endpoint.path === path).map(({ method }) => method);
    const others = (['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const).filter(
      (method) => !allowed.some((one) => one === method),
    );
    server.route({
      method: [...others],
      url: fastifyPath(path),
      handler: async (request, reply) => {
        const message = `Method: expected ${allowed.join(' or ')} for this path, got ${request.method}.`;
        reply.header('allow', allowed.join(', '));
        throw new ServiceError({ code: 'wrong_method', statusCode: 405, message });
      },
    });
  }
}

function notAnObject(body: unknown): ServiceError {
  const got = body === undefined || body === null ? 'nothing' : Array.isArray(body) ? 'a list' : `a ${typeof body}`;
  return new ServiceError({
    code: 'invalid_json',
    statusCode: 400,
    message: `Body: expected a JSON object, got ${got}. Send Content-Type: application/json and the documented properties.`,
  });
}

function record(value: unknown): JsonObject | undefined {
  return isObject(value) ? value : undefined;
}
