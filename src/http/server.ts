import { randomUUID } from 'node:crypto';
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import { errorAnswer } from '../errors/error-answer.js';
import { ServiceError } from '../errors/service-error.js';
import { opsgenieRoutes } from '../opsgenie/opsgenie-routes.js';
import type { Endpoint } from '../wire/endpoint.js';
import { answerClientError, apiHeaders } from './client-error.js';
import { docsRoutes } from './docs.js';
import { fastifyPath } from './fastify-path.js';
import { guardEdges } from './guard-edges.js';
import type { HttpDependencies } from './http-dependencies.js';
import { httpLimits } from './http-limits.js';
import { operationRoutes } from './operation-routes.js';
import { logRequest, logUnreadable, requestLog } from './request-log.js';
import { serviceRoutes } from './service-routes.js';
import { triggerRoutes } from './trigger-routes.js';

/** Builds the HTTP server with all its routes. It does not listen yet; tests inject into it. */
export async function buildServer(
  dependencies: HttpDependencies,
  options: { readonly logger: FastifyBaseLogger; readonly basePath: string },
): Promise<FastifyInstance> {
  const server = fastify({
    loggerInstance: options.logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: httpLimits.bodyBytes,
    // An id may be long; what it may be is checked with the other inputs, so that the caller is told.
    routerOptions: { maxParamLength: 4_000 },
    exposeHeadRoutes: false,
    requestTimeout: httpLimits.requestMs,
    keepAliveTimeout: httpLimits.idleMs,
    connectionTimeout: httpLimits.silentMs,
    http: {
      maxHeaderSize: httpLimits.headerBytes,
      headersTimeout: httpLimits.headersMs,
      connectionsCheckingInterval: httpLimits.checkMs,
      requireHostHeader: false,
    },
    // What comes while the service stops is answered like everything else, and its socket closed.
    return503OnClosing: false,
    genReqId: (request) => requestId(request.headers['x-request-id']),
    rewriteUrl: (request) => withoutBasePath(request.url ?? '/', options.basePath),
    // What Fastify refuses before it has found a route passes no hook.
    frameworkErrors: (error, request, reply) => {
      reply.headers(apiHeaders).header('x-request-id', request.id);
      sendError(error, request, reply);
      logRequest(request, reply, dependencies.metrics);
      return reply;
    },
    clientErrorHandler: (error, socket) => {
      const answered = answerClientError(error, socket);
      if (answered !== undefined) logUnreadable(options.logger, answered, dependencies.metrics);
    },
  });
  server.setErrorHandler((error, request, reply) => sendError(error, request, reply));
  server.setNotFoundHandler((request, reply) => {
    const message = `No operation has this path. The definition lists them all: ${dependencies.publicUrl().href.replace(/\/$/, '')}/apiDefinition.swagger.json.`;
    return sendError(new ServiceError({ code: 'unknown_path', statusCode: 404, message }), request, reply);
  });
  server.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    done();
  });
  requestLog(server, dependencies.metrics);
  guardEdges(server);

  serviceRoutes(server, dependencies);
  for (const operation of dependencies.operations) operationRoutes(server, operation, dependencies);
  for (const trigger of dependencies.triggers) triggerRoutes(server, trigger, dependencies);
  refuseOtherMethods(server, [...dependencies.operations, ...dependencies.triggers]);
  const { opsgenie } = dependencies;
  if (opsgenie !== undefined) {
    await server.register((scope) => opsgenieRoutes(scope, opsgenie), { prefix: '/opsgenie' });
  }
  await docsRoutes(server, dependencies, options.basePath);
  return server;
}

function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { statusCode, body, retryAfterSeconds } = errorAnswer(error);
  request.errorCode = body.error.code;
  if (statusCode === 500) request.log.error({ err: error }, 'request failed');
  if (retryAfterSeconds !== undefined) reply.header('retry-after', retryAfterSeconds);
  return reply.code(statusCode).send(body);
}

/** A known path with a method it does not have is a 405 that names the one it has, not a 404. */
function refuseOtherMethods(server: FastifyInstance, endpoints: readonly Endpoint[]): void {
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

/** The caller's own request id where it is a harmless text, else one of ours. */
function requestId(given: string | string[] | undefined): string {
  return typeof given === 'string' && /^[\w-]{8,64}$/.test(given) ? given : randomUUID();
}

/** Behind a reverse proxy the path of PUBLIC_URL may arrive with the request, or may have been taken off it. */
function withoutBasePath(url: string, basePath: string): string {
  if (basePath === '') return url;
  if (url === basePath || url.startsWith(`${basePath}?`)) return `/${url.slice(basePath.length)}`;
  return url.startsWith(`${basePath}/`) ? url.slice(basePath.length) : url;
}
