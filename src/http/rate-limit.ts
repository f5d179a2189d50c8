import type { FastifyReply } from 'fastify';
import type { Connection } from '../connection/connection.js';
import type { ErrorCode } from '../errors/error-codes.js';
import type { Metrics } from '../telemetry/metrics.js';

/**
 * Takes one of the connection's calls, and tells the caller in the `ratelimit-*` headers how many are left.
 * @returns false if none was left: the call is refused, and answered with 429
 */
export async function admitCall(connection: Connection, reply: FastifyReply, metrics: Metrics): Promise<boolean> {
  const decision = await connection.takeCall();
  if (!decision.granted) refuse(decision, reply, metrics);
  else {
    metrics.limiterDecision('granted');
    tellAllowance(reply, decision.limit, decision.remaining, decision.resetMs);
  }
  return decision.granted;
}

function refuse(
  { limit, retryAfterMs }: { readonly limit: number; readonly retryAfterMs: number },
  reply: FastifyReply,
  metrics: Metrics,
): void {
  metrics.limiterDecision('refused');
  const waitMs = Math.max(1, retryAfterMs);
  tellAllowance(reply, limit, 0, waitMs);
  const calls = limit === 1 ? 'its one call' : `its ${limit} calls`;
  const message = `The connection has made ${calls}: expected the next one after the time in Retry-After, got one sooner. Spread the calls of your flows, or use a second API key for some of them.`;
  answerTooMany(reply, { code: 'rate_limited', message, retryAfterMs: waitMs });
}

/**
 * Answers 429. Nothing is thrown: what is refused may come in a flood, and `npm run bench -- flood` shows what an error
 * costs others.
 */
export function answerTooMany(
  reply: FastifyReply,
  {
    code,
    message,
    retryAfterMs,
  }: { readonly code: ErrorCode; readonly message: string; readonly retryAfterMs: number },
): void {
  reply.request.errorCode = code;
  reply.header('retry-after', Math.ceil(retryAfterMs / 1000));
  reply.code(429).send({ error: { code, message } });
}

function tellAllowance(reply: FastifyReply, limit: number, remaining: number, resetMs: number): void {
  reply.header('ratelimit-limit', limit);
  reply.header('ratelimit-remaining', remaining);
  reply.header('ratelimit-reset', Math.ceil(resetMs / 1000));
}
