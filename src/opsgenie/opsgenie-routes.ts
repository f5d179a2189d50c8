import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { errorAnswer } from '../errors/error-answer.js';
import { ServiceError } from '../errors/service-error.js';
import type { OpsgenieBridge, OpsgenieSender } from './opsgenie-bridge.js';
import { opsgenieError } from './opsgenie-error.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sends to the Opsgenie bridge, if its key has been read. */
    opsgenieSender: OpsgenieSender | undefined;
  }
}

interface AlertRoute {
  Params: { identifier: string };
  Querystring: { identifierType?: unknown };
}

/** Opsgenie's Alert API below `/opsgenie`, in its own answers and errors: https://docs.opsgenie.com/docs/alert-api */
export async function opsgenieRoutes(
  server: FastifyInstance,
  { bridge }: { readonly bridge: OpsgenieBridge },
): Promise<void> {
  server.decorateRequest('opsgenieSender', undefined);
  server.setErrorHandler(sendError);
  server.setNotFoundHandler((request, reply) => {
    const message =
      'No request of Opsgenie’s with this method and path is carried over. These are: create, get, acknowledge and close an alert, add a note to it, and get a request’s status.';
    return sendError(new ServiceError({ code: 'unknown_path', statusCode: 404, message }), request, reply);
  });
  server.addHook('onSend', async (_, reply) => {
    // Opsgenie's own clients complain in their logs if these are missing.
    reply.header('x-response-time', took(reply));
    reply.header('x-ratelimit-state', reply.statusCode === 429 ? 'THROTTLED' : 'OK');
  });
  const senderOf = (request: FastifyRequest) => {
    request.opsgenieSender ??= bridge.sender(request.headers.authorization, request.ip);
    request.callerId = request.opsgenieSender.fingerprint;
    return request.opsgenieSender;
  };
  const named = (operation: string) => ({
    config: { operation },
    onRequest: (request: FastifyRequest, _: FastifyReply, done: () => void) => {
      senderOf(request);
      done();
    },
  });
  // Before a body is read: an alert that is refused anyway need not cost that.
  const limited = (operation: string) => ({
    config: { operation },
    onRequest: (request: FastifyRequest) => bridge.admit(senderOf(request)),
  });

  server.post('/v2/alerts', limited('OpsgenieCreateAlert'), async (request, reply) => {
    await bridge.create(senderOf(request), request.body, request.id);
    return accepted(reply);
  });
  server.get<AlertRoute>('/v2/alerts/:identifier', named('OpsgenieGetAlert'), async (request, reply) =>
    found(reply, bridge.alert(senderOf(request), alertIn(request))),
  );
  server.get<{ Params: { requestId: string } }>(
    '/v2/alerts/requests/:requestId',
    named('OpsgenieGetRequest'),
    async (request, reply) => {
      // Opsgenie's clients ask again after this, and may then reach the process that knows.
      reply.header('x-opsgenie-errortype', 'RequestNotProcessed');
      const status = bridge.request(senderOf(request), request.params.requestId);
      reply.removeHeader('x-opsgenie-errortype');
      return found(reply, status);
    },
  );
  server.post<AlertRoute>('/v2/alerts/:identifier/notes', limited('OpsgenieAddNote'), async (request, reply) => {
    await bridge.addNote(senderOf(request), alertIn(request), request.body);
    return accepted(reply);
  });
  await server.register(async (actions) => {
    // Nothing in these bodies is carried over, so none is refused for its form.
    actions.removeAllContentTypeParsers();
    actions.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, _body, done) => done(null));
    actions.post<AlertRoute>(
      '/v2/alerts/:identifier/acknowledge',
      limited('OpsgenieAcknowledgeAlert'),
      async (request, reply) => {
        await bridge.change('Acknowledge', senderOf(request), alertIn(request));
        return accepted(reply);
      },
    );
    actions.post<AlertRoute>('/v2/alerts/:identifier/close', limited('OpsgenieCloseAlert'), async (request, reply) => {
      await bridge.change('Close', senderOf(request), alertIn(request));
      return accepted(reply);
    });
  });
}

function alertIn({ params, query, id }: FastifyRequest<AlertRoute>) {
  return { identifier: params.identifier, identifierType: query.identifierType, requestId: id };
}

function accepted(reply: FastifyReply): FastifyReply {
  const { id: requestId } = reply.request;
  return reply.code(202).send({ result: 'Request will be processed', took: took(reply), requestId });
}

function found(reply: FastifyReply, data: object): FastifyReply {
  return reply.send({ data, took: took(reply), requestId: reply.request.id });
}

function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const answer = errorAnswer(error);
  const { code, message } = answer.body.error;
  request.errorCode = code;
  const { statusCode, ...more } =
    error instanceof ServiceError ? opsgenieError(error) : { statusCode: answer.statusCode };
  if (statusCode === 500) request.log.error({ err: error }, 'request failed');
  if (answer.retryAfterSeconds !== undefined) reply.header('retry-after', answer.retryAfterSeconds);
  return reply.code(statusCode).send({ message, ...more, took: took(reply), requestId: request.id });
}

/** Opsgenie's measure of an answer: seconds, to the millisecond. */
function took(reply: FastifyReply): number {
  return Math.round(reply.elapsedTime) / 1000;
}
