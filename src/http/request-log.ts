import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Connection } from '../connection/connection.js';
import type { Metrics } from '../metrics/metrics.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The operationId, or the name of a service route: what logs and metrics call the request. */
    operation?: string;
  }
  interface FastifyRequest {
    /** The caller's connection, once it is known. */
    callerConnection: Connection | undefined;
    /** The code of the error that was answered, if one was. */
    errorCode: string | undefined;
  }
}

/** One line and one measurement a request. No URL, header or body is logged: any of them can hold a secret. */
export function requestLog(server: FastifyInstance, metrics: Metrics): void {
  server.decorateRequest('callerConnection', undefined);
  server.decorateRequest('errorCode', undefined);
  server.decorateRequest('opsgenieSender', undefined);
  server.addHook('onResponse', (request, reply, done) => {
    logRequest(request, reply, metrics);
    done();
  });
}

/** Logs and measures one request; for those too that fail before any hook sees them. */
export function logRequest(request: FastifyRequest, reply: FastifyReply, metrics: Metrics): void {
  const operation = request.routeOptions.config?.operation ?? 'other';
  const durationMs = reply.elapsedTime;
  metrics.request(operation, reply.statusCode, durationMs);
  const line = {
    operation,
    method: request.method,
    status: reply.statusCode,
    durationMs: Math.round(durationMs * 10) / 10,
    connection: request.callerConnection?.fingerprint ?? request.opsgenieSender?.fingerprint,
    error: request.errorCode,
  };
  if (isQuiet(operation, request)) request.log.debug(line, 'request');
  else request.log.info(line, 'request');
}

/** Probes come every few seconds. Refused calls may come in a flood, and are summed up in a line of their own. */
function isQuiet(operation: string, request: FastifyRequest): boolean {
  return request.errorCode === 'rate_limited' || ['healthz', 'readyz', 'metrics'].includes(operation);
}
