import type { FastifyReply } from 'fastify';
import type { Connection } from '../connection/connection.js';
import type { ErrorCode } from '../errors/error-codes.js';
import type { Metrics } from '../telemetry/metrics.js';

const code: ErrorCode = 'rate_limited';

/**
 * Takes one of the connection's calls, and tells the caller in the `ratelimit-*` headers how many are left.
 * @returns what is to be told once the inputs are known to be right; undefined if no call was left, and the request was
 * answered with 429
 * @throws {ServiceError} `too_many_unknown_keys`, 503, if the key may be a guess among many
 */
export async function admitCall(
  connection: Connection,
  reply: FastifyReply,
  metrics: Metrics,
): Promise<(() => void) | undefined> {
  const { decision, inputsAreRight } = await connection.takeCall();
  if (!decision.granted) {
    refuse(decision, reply, metrics);
    return undefined;
  }
  metrics.limiterDecision('granted');
  tellAllowance(reply, decision.limit, decision.remaining, decision.resetMs);
  return inputsAreRight;
}

/** Nothing is thrown: refused calls may come in a flood, and `npm run bench -- flood` shows what an error costs others. */
function refuse(
  { limit, retryAfterMs }: { readonly limit: number; readonly retryAfterMs: number },
  reply: FastifyReply,
  metrics: Metrics,
): void {
  metrics.limiterDecision('refused');
  reply.request.errorCode = code;
  const waitMs = Math.max(1, retryAfterMs);
  tellAllowance(reply, limit, 0, waitMs);
  const calls = limit === 1 ? 'its one call' : `its ${limit} calls`;
  const message = `The connection has made ${calls}: expected the next one after the time in Retry-After, got one sooner. Spread the calls of your flows, or use a second API key for some of them.`;
  reply.header('retry-after', Math.ceil(waitMs / 1000));
  reply.code(429).send({ error: { code, message } });
}

function tellAllowance(reply: FastifyReply, limit: number, remaining: number, resetMs: number): void {
  reply.header('ratelimit-limit', limit);
  reply.header('ratelimit-remaining', remaining);
  reply.header('ratelimit-reset', Math.ceil(resetMs / 1000));
}
