import type { FastifyReply } from 'fastify';
import type { Connection } from '../connection/connection.js';
import { ServiceError } from '../errors/service-error.js';
import type { Metrics } from '../telemetry/metrics.js';
import { apiHeaders } from './client-error.js';

/**
 * Takes one of the connection's calls, and tells the caller in the `ratelimit-*` headers how many are left.
 * @throws {ServiceError} `rate_limited`, 429, if none was left
 */
export async function takeCall(connection: Connection, reply: FastifyReply, metrics: Metrics): Promise<void> {
  const decision = await connection.takeCall();
  metrics.limiterDecision(decision.granted ? 'granted' : 'refused');
  tellAllowance(reply, decision.limit, decision.remaining, decision.granted ? decision.resetMs : decision.retryAfterMs);
  if (decision.granted) return;
  throw new ServiceError({ ...refusal(decision.limit), statusCode: 429, retryAfterMs: decision.retryAfterMs });
}

/**
 * Refuses a call before anything else is done for it, if the connection has none left. A flood of such calls must cost
 * the other connections nothing they notice: so nothing is thrown, rendered, or written to the log for each of them
 * here, and the answer goes straight to the socket.
 * @returns true if the call was refused, and answered
 * @throws {ServiceError} `too_many_unknown_keys`, 503, if the key may be a guess among many
 */
export function refuseExhausted(connection: Connection, reply: FastifyReply, metrics: Metrics): boolean {
  const decision = connection.peekCall();
  if (decision.granted) return false;
  metrics.limiterDecision('refused');
  reply.request.errorCode = 'rate_limited';
  const resetSeconds = Math.max(1, Math.ceil(decision.retryAfterMs / 1000));
  const body = refusalBody(decision.limit);
  reply.hijack();
  reply.raw.writeHead(429, [
    'content-type',
    'application/json; charset=utf-8',
    'content-length',
    body.length,
    'x-request-id',
    reply.request.id,
    'retry-after',
    resetSeconds,
    'ratelimit-limit',
    decision.limit,
    'ratelimit-remaining',
    0,
    'ratelimit-reset',
    resetSeconds,
    ...apiHeaderList,
  ]);
  reply.raw.end(body);
  return true;
}

function tellAllowance(reply: FastifyReply, limit: number, remaining: number, resetMs: number): void {
  reply.header('ratelimit-limit', limit);
  reply.header('ratelimit-remaining', remaining);
  reply.header('ratelimit-reset', Math.ceil(resetMs / 1000));
}

function refusal(limit: number) {
  const calls = limit === 1 ? 'its one call' : `its ${limit} calls`;
  return {
    code: 'rate_limited',
    message: `The connection has made ${calls}: expected the next one after the time in Retry-After, got one sooner. Spread the calls of your flows, or use a second API key for some of them.`,
  };
}

/** As names and values in turn. */
const apiHeaderList = Object.entries(apiHeaders).flat();

let rendered: { readonly limit: number; readonly body: Buffer } | undefined;

/** Rendered once: the limit is the same for every connection of a service. */
function refusalBody(limit: number): Buffer {
  if (rendered?.limit !== limit) rendered = { limit, body: Buffer.from(JSON.stringify({ error: refusal(limit) })) };
  return rendered.body;
}
