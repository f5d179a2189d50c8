import type { FastifyReply } from 'fastify';
import type { CallLimiter } from '../connection/call-limiter.js';
import { ServiceError } from '../errors/service-error.js';
import type { Metrics } from '../metrics/metrics.js';

/**
 * Takes one of the connection's calls and tells the caller in the `ratelimit-*` headers where it stands.
 * @throws {ServiceError} `rate_limited`, 429, where there is none left
 */
export async function takeCall(limiter: CallLimiter, reply: FastifyReply, metrics: Metrics): Promise<void> {
  const decision = await limiter.take();
  metrics.limiterDecision(decision.granted ? 'granted' : 'refused');
  const { limit, remaining } = decision;
  const resetMs = decision.granted ? decision.resetMs : decision.retryAfterMs;
  reply.header('ratelimit-limit', limit);
  reply.header('ratelimit-remaining', remaining);
  reply.header('ratelimit-reset', Math.ceil(resetMs / 1000));
  if (decision.granted) return;
  throw new ServiceError({
    code: 'rate_limited',
    statusCode: 429,
    message: `The connection has made its ${limit} calls: expected a call after the time in Retry-After, got one sooner. Spread the calls of your flows, or use a second API key for some of them.`,
    retryAfterMs: resetMs,
  });
}
