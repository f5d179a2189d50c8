import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ErrorAnswer } from '../errors/error-answer.js';
import type { ErrorCode } from '../errors/error-codes.js';
import type { Metrics } from '../telemetry/metrics.js';

/** The status of a request whose caller left before the answer, as with nginx: no answer has it. */
const callerLeft = 499;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The operationId, or the name of a service route: what logs and metrics call the request. */
    operation?: string;
  }
  interface FastifyRequest {
    /** Names the caller in the log, once it is known. The key cannot be had back from it. */
    callerId: string | undefined;
    /** The code of the error that was answered, if one was. */
    errorCode: string | undefined;
  }
}

/** One line and one measurement a request. No URL or body is logged, and no header but ids of workflows. */
export function requestLog(server: FastifyInstance, metrics: Metrics): void {
  server.decorateRequest('callerId', undefined);
  server.decorateRequest('errorCode', undefined);
  server.addHook('onRequest', (request, reply, done) => {
    // Not onResponse, which does not run if the caller has left.
    reply.raw.once('close', () => logRequest(request, reply, metrics));
    done();
  });
}

/** Logs and measures one request; called directly for those that fail before any hook sees them. */
export function logRequest(request: FastifyRequest, reply: FastifyReply, metrics: Metrics): void {
  const operation = request.routeOptions.config?.operation ?? 'other';
  const status = reply.raw.destroyed && !reply.raw.writableFinished ? callerLeft : reply.statusCode;
  const durationMs = reply.elapsedTime;
  metrics.request(operation, status, durationMs);
  const line = {
    operation,
    method: request.method,
    status,
    outcome: outcomeOf(status),
    durationMs: Math.round(durationMs * 10) / 10,
    connection: request.callerId,
    error: request.errorCode,
    ...workflowFields(request.headers),
  };
  if (isQuiet(operation, request)) request.log.debug(line, 'request');
  else request.log.info(line, 'request');
}

/** Logs and counts bytes that could not be read as a request: they have neither an operation nor a known duration. */
export function logUnreadable(logger: FastifyBaseLogger, answer: ErrorAnswer, metrics: Metrics): void {
  const { statusCode: status, body } = answer;
  metrics.unreadableRequest(body.error.code);
  logger.info({ status, outcome: outcomeOf(status), error: body.error.code }, 'unreadable request');
}

function outcomeOf(status: number): 'ok' | 'refused' | 'failed' | 'aborted' {
  if (status === callerLeft) return 'aborted';
  if (status >= 500) return 'failed';
  return status >= 400 ? 'refused' : 'ok';
}

/** Refused calls and polls may come in a flood: they are summed up in lines of their own. */
const refusedInFloods: ReadonlySet<string> = new Set<ErrorCode>([
  'rate_limited',
  'too_many_polls',
  'too_many_unknown_keys',
]);

/** Probes come every few seconds. */
function isQuiet(operation: string, request: FastifyRequest): boolean {
  const { errorCode } = request;
  if (errorCode !== undefined && refusedInFloods.has(errorCode)) return true;
  return ['healthz', 'readyz', 'metrics'].includes(operation);
}

/** What Power Automate and Logic Apps say of the run that calls, by header, and its name in the log. Each may be missing. */
const fields = [
  ['x-ms-workflow-id', 'workflowId'],
  ['x-ms-workflow-name', 'workflowName'],
  ['x-ms-workflow-run-id', 'workflowRunId'],
  ['x-ms-workflow-operation-name', 'workflowAction'],
  ['x-ms-client-request-id', 'clientRequestId'],
  ['x-ms-correlation-id', 'correlationId'],
  ['x-ms-tracking-id', 'trackingId'],
] as const;

/**
 * The workflow that a request belongs to, for the log, as far as the request says. A value that is neither an id nor a
 * plain name is left out: a URL in these headers could hold a signature.
 */
function workflowFields(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [header, field] of fields) {
    const value = headers[header];
    if (typeof value === 'string' && /^[\w.()-]{1,128}$/.test(value)) found[field] = value;
  }
  return found;
}
