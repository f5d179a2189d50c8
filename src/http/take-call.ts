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
  tellAllowance(reply, decision.limit, decision.remaining, decision.granted ? decision.resetMs : decision.retryAfterMs);
  if (decision.granted) return;
  throw new ServiceError({ ...refusal(decision.limit), statusCode: 429, retryAfterMs: decision.retryAfterMs });
}

/**
 * Refuses a call before anything else is done for it, where the connection has none left. A flood of such calls must
 * cost the other connections nothing they notice: so no error is made, thrown and rendered here.
 * @returns the reply, sent; or undefined where a call is left
 */
export function refuseExhausted(limiter: CallLimiter, reply: FastifyReply, metrics: Metrics): FastifyReply | undefined {
  const { limit, remaining, resetMs } = limiter.status();
  if (remaining > 0) return undefined;
  metrics.limiterDecision('refused');
  tellAllowance(reply, limit, remaining, resetMs);
  reply.request.errorCode = 'rate_limited';
  reply.header('retry-after', Math.max(1, Math.ceil(resetMs / 1000)));
  return reply.code(429).type('application/json; charset=utf-8').send(refusalBody(limit));
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

let rendered: { readonly limit: number; readonly body: string } | undefined;

/** Rendered once: the limit is the same for every connection of a service. */
function refusalBody(limit: number): string {
  if (rendered?.limit !== limit) rendered = { limit, body: JSON.stringify({ error: refusal(limit) }) };
  return rendered.body;
}
