import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Account } from '../account/account.js';
import type { SandboxClock } from '../shifted-clock.js';
import type { Fault, Faults } from './faults.js';
import { credentialOf, parseJson } from './read-request.js';
import type { LoggedRequest, RequestLog } from './request-log.js';

const notJson = '<html><body><h1>502 Bad Gateway</h1></body></html>';

/**
 * Logs every request outside the control API and lets it meet its fault. A request is logged when it arrives, and its
 * body and status are filled in as they become known.
 */
export function observeRequests(
  app: FastifyInstance,
  account: Account,
  clock: SandboxClock,
  log: RequestLog,
  faults: Faults,
): void {
  const logged = new WeakMap<FastifyRequest, LoggedRequest>();
  const pending = new WeakMap<FastifyRequest, Fault>();

  app.addHook('onRequest', async (request) => {
    const path = pathOf(request);
    if (isControl(path)) return;
    const credential = credentialOf(request.headers.authorization);
    const entry = {
      at: new Date(clock.now()).toISOString(),
      method: request.method,
      path,
      query: request.query,
      from: request.headers.from ?? null,
      key: credential === undefined ? null : keyName(account, credential),
      body: null,
      status: null,
      cut: null,
    };
    logged.set(request, log.add(entry, `${request.method} ${request.routeOptions.url ?? path}`));
  });

  // After the body was read, so that faults can match an event's integration key, and before any route's own rules.
  app.addHook('preValidation', async (request, reply) => {
    const entry = logged.get(request);
    if (entry === undefined) return undefined;
    const body = parseJson(request.body);
    entry.body = body ?? request.body ?? null;
    const key = credentialOf(request.headers.authorization) ?? integrationKeyIn(body);
    if (key !== undefined) entry.key = keyName(account, key);
    const fault = faults.take({ method: entry.method, path: entry.path, key, keyName: entry.key });
    const waitMs = (fault?.delayMs ?? 0) + account.settings.latencyMs;
    if (waitMs > 0) await clock.sleep(waitMs);
    if (fault === undefined) return undefined;
    if (fault.cut === 'before') return cut(request, reply, entry, 'before');
    if (fault.rateLimited !== undefined) return answerRateLimited(reply, account, fault.rateLimited.resetSeconds);
    if (fault.status !== undefined && fault.handled !== true) return answer(reply, fault, fault.status);
    pending.set(request, fault);
    return undefined;
  });

  app.addHook('onSend', async (request, reply, payload) => {
    reply.header('date', new Date(clock.now()).toUTCString());
    const fault = pending.get(request);
    const entry = logged.get(request);
    if (fault === undefined || entry === undefined) return payload;
    if (fault.cut === 'after') {
      cut(request, reply, entry, 'after');
      return payload;
    }
    if (fault.headers !== undefined) reply.headers(fault.headers);
    if (fault.status !== undefined) {
      reply.code(fault.status);
      return bodyText(fault.body);
    }
    return spoil(reply, payload, fault.brokenBody);
  });

  app.addHook('onResponse', async (request, reply) => {
    const entry = logged.get(request);
    if (entry !== undefined && entry.cut === null) entry.status = reply.statusCode;
  });
}

/** Whether a path belongs to the control API. */
export function isControl(path: string): boolean {
  return path === '/_sandbox' || path.startsWith('/_sandbox/');
}

export function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? request.url;
}

function cut(
  request: FastifyRequest,
  reply: FastifyReply,
  entry: LoggedRequest,
  when: 'before' | 'after',
): FastifyReply {
  entry.cut = when;
  if (when === 'before') reply.hijack();
  request.raw.socket.destroy();
  return reply;
}

function answer(reply: FastifyReply, fault: Fault, status: number): FastifyReply {
  reply.code(status).header('content-type', typeof fault.body === 'string' ? 'text/plain' : 'application/json');
  if (fault.headers !== undefined) reply.headers(fault.headers);
  return reply.send(bodyText(fault.body));
}

/** PagerDuty's own 429 comes with a body and headers, the one of the proxy in front of it with neither. */
function answerRateLimited(reply: FastifyReply, account: Account, resetSeconds: number | null): FastifyReply {
  reply.code(429);
  if (resetSeconds === null) return reply.send();
  const limit = account.settings.rateLimitPerMinute;
  return reply
    .headers({ 'ratelimit-limit': limit, 'ratelimit-remaining': 0, 'ratelimit-reset': resetSeconds })
    .send({ error: { message: 'Rate Limit Exceeded', code: 2020, errors: [] } });
}

function spoil(reply: FastifyReply, payload: unknown, how: Fault['brokenBody']): unknown {
  if (how === undefined || typeof payload !== 'string') return payload;
  reply.removeHeader('content-length');
  if (how === 'empty') return '';
  if (how === 'truncated') return payload.slice(0, Math.floor(payload.length / 2));
  reply.header('content-type', 'text/html');
  return notJson;
}

function bodyText(body: unknown): string {
  if (body === undefined) return '';
  return typeof body === 'string' ? body : JSON.stringify(body);
}

function integrationKeyIn(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const key = 'routing_key' in body ? body.routing_key : 'service_key' in body ? body.service_key : undefined;
  return typeof key === 'string' ? key : undefined;
}

/** The key's name in the account. A key that the account does not know shows as a fingerprint, never as itself. */
function keyName(account: Account, key: string): string {
  const integration = account.directory.integrations.find((one) => one.key === key);
  if (integration !== undefined) return `${integration.serviceId} events v${integration.apiVersion}`;
  const fingerprint = createHash('sha256').update(key).digest('hex').slice(0, 8);
  return account.apiKey(key)?.name ?? `unknown:${fingerprint}`;
}
