import type { UpstreamResponse } from './transport.js';

/** PagerDuty's windows are a minute long; a broken header must not silence a connection for days. */
const longestWaitMs = 3_600_000;

/**
 * How long PagerDuty asks to be left alone, in milliseconds; undefined where a 429 or 503 names no time, and for
 * every other answer. `ratelimit-reset` is in seconds from now.
 * @see https://developer.pagerduty.com/docs/rest-api-rate-limits
 */
export function retryAfterMs(response: UpstreamResponse): number | undefined {
  if (response.status !== 429 && response.status !== 503) return undefined;
  for (const name of ['ratelimit-reset', 'retry-after']) {
    const value = response.headers[name];
    if (typeof value === 'string' && /^\d{1,6}(\.\d+)?$/.test(value)) {
      return Math.min(Math.ceil(Number(value) * 1000), longestWaitMs);
    }
  }
  return undefined;
}
