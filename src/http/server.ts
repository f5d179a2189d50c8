import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import { errorAnswer } from '../errors/error-answer.js';
import { ServiceError } from '../errors/service-error.js';
import type { Metrics } from '../telemetry/metrics.js';
import { answerClientError, apiHeaders, guardEdges, httpLimits } from './guard-edges.js';
import { withoutEndSlash } from './location.js';
import { logRequest, logUnreadable, requestLog } from './request-log.js';

declare module 'fastify' {
  interface FastifyInstance {
    /** Where hosts reach the service; known for certain once it listens. */
    publicUrl: URL;
  }
}

/** Makes the HTTP server. It has no routes yet, and does not listen. */
export function createServer(options: {
  readonly logger: FastifyBaseLogger;
  readonly metrics: Metrics;
  readonly publicUrl: URL;
  /** Makes the id of a request that brings none. */
  readonly uuid: () => string;
  /** Whose `X-Forwarded-For` is believed: `request.ip` is the caller's. */
  readonly trustedProxies: readonly string[];
}): FastifyInstance {
  const { logger, metrics, publicUrl, uuid, trustedProxies } = options;
  const basePath = withoutEndSlash(publicUrl.pathname);
  const server = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: httpLimits.bodyBytes,
    // An id may be long. The other inputs' check refuses it, so that the caller learns which ids are allowed.
    routerOptions: { maxParamLength: 4_000 },
    trustProxy: trustedProxies.length > 0 && [...trustedProxies],
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
    // A request that comes while the service stops is answered like every other, and its socket closed.
    return503OnClosing: false,
    genReqId: ({ headers }) => givenId(headers['x-request-id']) ?? uuid(),
    rewriteUrl: (request) => withoutBasePath(request.url ?? '/', basePath),
    // A request that Fastify refuses before it has found a route passes no hook.
    frameworkErrors: (error, request, reply) => {
      reply.headers(apiHeaders).header('x-request-id', request.id);
      sendError(error, request, reply);
      logRequest(request, reply, metrics);
      return reply;
    },
    clientErrorHandler: (error, socket) => {
      const answered = answerClientError(error, socket);
      if (answered !== undefined) logUnreadable(logger, answered, metrics);
    },
  });
  server.decorate('publicUrl', publicUrl);
  server.setErrorHandler(sendError);
  server.setNotFoundHandler((request, reply) => {
    const definitionUrl = `${withoutEndSlash(server.publicUrl.href)}/apiDefinition.swagger.json`;
    const message = `No operation has this path. The definition lists them all: ${definitionUrl}.`;
    return sendError(new ServiceError({ code: 'unknown_path', statusCode: 404, message }), request, reply);
  });
  server.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    done();
  });
  server.addHook('onSend', (_request, reply, _payload, done) => {
    // It drains: whoever is connected must connect to another process next.
    if (!server.server.listening) reply.header('connection', 'close');
    done();
  });
  requestLog(server, metrics);
  guardEdges(server);
  return server;
}

function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { statusCode, body, retryAfterSeconds } = errorAnswer(error);
  request.errorCode = body.error.code;
  if (statusCode === 500) request.log.error({ err: error }, 'request failed');
  if (retryAfterSeconds !== undefined) reply.header('retry-after', retryAfterSeconds);
  return reply.code(statusCode).send(body);
}

/** The caller's own request id, if it is a harmless text. */
function givenId(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && /^[\w-]{8,64}$/.test(header) ? header : undefined;
}

/** Behind a reverse proxy the path of PUBLIC_URL may arrive with the request, or may have been taken off it. */
function withoutBasePath(url: string, basePath: string): string {
  if (basePath === '') return url;
  if (url === basePath || url.startsWith(`${basePath}?`)) return `/${url.slice(basePath.length)}`;
  return url.startsWith(`${basePath}/`) ? url.slice(basePath.length) : url;
}
