import type { FastifyInstance, FastifyReply } from 'fastify';
import { AccountError } from '../account/account-error.js';
import { EventError } from '../events/events-api.js';
import { isControl, pathOf } from './observe-requests.js';

/** Errors in the shape of the API that the request was meant for. */
export function answerErrors(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => {
    const path = pathOf(request);
    if (isControl(path)) return answerControl(reply, error);
    if (error instanceof EventError) {
      return reply.code(error.statusCode).send({ status: error.status, message: error.message, errors: error.errors });
    }
    const status = statusOf(error);
    if (path.startsWith('/v2/') || path.startsWith('/generic/')) {
      const message = status === 413 ? 'Event object is too large, the limit is 512 KB' : textOf(error);
      return reply.code(status).send({ status: 'invalid event', message, errors: [message] });
    }
    if (error instanceof AccountError) {
      return reply.code(status).send({ error: { message: error.message, code: error.code, errors: error.errors } });
    }
    const [code, message] =
      status < 500
        ? [2001, 'Invalid Input Provided']
        : [2000, 'An internal error has occurred. PagerDuty team has been notified.'];
    return reply.code(status).send({ error: { message, code, errors: [textOf(error)] } });
  });
  app.setNotFoundHandler((request, reply) => {
    const path = pathOf(request);
    if (isControl(path))
      return reply
        .code(404)
        .send({ error: `There is no ${request.method} ${path}; GET /_sandbox lists what there is` });
    return reply.code(404).send({ error: { message: 'Not Found', code: 2100, errors: [] } });
  });
}

function answerControl(reply: FastifyReply, error: unknown): FastifyReply {
  const details = error instanceof AccountError ? error.errors : [];
  return reply.code(statusOf(error)).send({ error: [textOf(error), ...details].join(': ') });
}

function statusOf(error: unknown): number {
  const known = typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : undefined;
  return typeof known === 'number' && known >= 400 ? known : 500;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
