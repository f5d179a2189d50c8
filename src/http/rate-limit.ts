import type { FastifyReply } from 'fastify';
import type { Connection } from '../connection/connection.js';
import { ServiceError } from '../errors/service-error.js';
import type { Metrics } from '../telemetry/metrics.js';

/**
 * Refuses a call that would find none left; takes none. It costs so little that it can come before the body is read.
 * @throws {ServiceError} `rate_limited`, 429; `too_many_unknown_keys`, 503, if the key may be a guess among many
 */
export function refuseExhausted(connection: Connection, reply: FastifyReply, metrics: Metrics): void {
  const decision = connection.peekCall();
  if (!decision.granted) refuse(decision, reply, metrics);
}

/**
 * Takes one of the connection's calls, and tells the caller in the `ratelimit-*` headers how many are left.
 * @throws {ServiceError} `rate_limited`, 429, if none was left
 */
export async function admitCall(connection: Connection, reply: FastifyReply, metrics: Metrics): Promise<void> {
  const decision = await connection.takeCall();
  if (!decision.granted) return refuse(decision, reply, metrics);
  metrics.limiterDecision('granted');
  tellAllowance(reply, decision.limit, decision.remaining, decision.resetMs);
}

function refuse(
  { limit, retryAfterMs }: { readonly limit: number; readonly retryAfterMs: number },
  reply: FastifyReply,
  metrics: Metrics,
): never {
  metrics.limiterDecision('refused');
  tellAllowance(reply, limit, 0, Math.max(1, retryAfterMs));
  const calls = limit === 1 ? 'its one call' : `its ${limit} calls`;
  throw new ServiceError({
    code: 'rate_limited',
    statusCode: 429,
    message: `The connection has made ${calls}: expected the next one after the time in Retry-After, got one sooner. Spread the calls of your flows, or use a second API key for some of them.`,
    retryAfterMs,
  });
}

function tellAllowance(reply: FastifyReply, limit: number, remaining: number, resetMs: number): void {
  reply.header('ratelimit-limit', limit);
  reply.header('ratelimit-remaining', remaining);
  reply.header('ratelimit-reset', Math.ceil(resetMs / 1000));
}
