import type { Clock } from '../clock/clock.js';
import { PagerDutyResponseError, PagerDutyTimeoutError, PagerDutyUnreachableError } from './errors.js';
import type { UpstreamResponse } from './transport.js';

const maxAttempts = 3;
const firstBackOffMs = 250;
/** A caller is waiting: a failure with a longer wait is passed on, with its Retry-After. */
const maxDelayMs = 2_000;

/**
 * Attempts an idempotent call, and again after a transient failure: 408, 429, 5xx, timeouts and broken connections. It
 * retries at most twice, with back-off and jitter, and never before PagerDuty's own wait is over.
 */
export async function retrying<T>(
  attempt: () => Promise<T>,
  { clock, random }: { clock: Clock; random: () => number },
): Promise<T> {
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await attempt();
    } catch (error) {
      const delayMs = retryDelayMs(error, attempts, random);
      if (delayMs === undefined) throw error;
      await clock.sleep(delayMs);
    }
  }
}

function retryDelayMs(error: unknown, attempts: number, random: () => number): number | undefined {
  if (attempts >= maxAttempts || !isTransient(error)) return undefined;
  const backOffMs = firstBackOffMs * 2 ** (attempts - 1) * (0.5 + random() / 2);
  const namedMs = error instanceof PagerDutyResponseError ? error.retryAfterMs : undefined;
  const delayMs = Math.max(Math.ceil(backOffMs), namedMs ?? 0);
  return delayMs > maxDelayMs ? undefined : delayMs;
}

/** Whether a failure may pass by itself. */
export function isTransient(error: unknown): boolean {
  if (error instanceof PagerDutyResponseError) {
    return error.pagerDutyStatus === 408 || error.pagerDutyStatus === 429 || error.pagerDutyStatus >= 500;
  }
  return error instanceof PagerDutyTimeoutError || error instanceof PagerDutyUnreachableError;
}

/** PagerDuty's windows are a minute long; a broken header must not silence a connection for days. */
const maxWaitMs = 3_600_000;

/**
 * How long PagerDuty asks to be left alone, in milliseconds; undefined if a 429 or 503 names no time, and for
 * every other answer. `ratelimit-reset` is in seconds from now.
 * @see https://developer.pagerduty.com/docs/rest-api-rate-limits
 */
export function retryAfterMs(response: UpstreamResponse): number | undefined {
  if (response.status !== 429 && response.status !== 503) return undefined;
  for (const name of ['ratelimit-reset', 'retry-after']) {
    const value = response.headers[name];
    if (typeof value === 'string' && /^\d{1,6}(\.\d+)?$/.test(value)) {
      return Math.min(Math.ceil(Number(value) * 1000), maxWaitMs);
    }
  }
  return undefined;
}
