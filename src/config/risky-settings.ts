import type { Config } from './settings.js';

/**
 * What in a configuration sends, or shows, in clear what is meant for few: one sentence each. All of it works, and may be
 * meant; nothing of a value that may hold a secret is repeated.
 */
export function riskySettings(config: Config): readonly string[] {
  const { host, publicUrl, pagerDutyApiUrl, pagerDutyEventsUrl, redisUrl } = config;
  const risks: string[] = [];
  const upstreams = { PAGERDUTY_API_URL: pagerDutyApiUrl, PAGERDUTY_EVENTS_URL: pagerDutyEventsUrl };
  for (const [variable, url] of Object.entries(upstreams)) {
    if (url.protocol === 'http:' && !isLoopback(url.hostname))
      risks.push(`${variable}: keys and incidents go to another machine unencrypted; use https`);
  }
  if (redisUrl !== undefined && !isLoopback(redisUrl.hostname)) {
    if (redisUrl.protocol === 'redis:')
      risks.push('REDIS_URL: incidents go to another machine unencrypted; use rediss');
    if (redisUrl.password === '')
      risks.push('REDIS_URL: whoever reaches that Redis reads all event logs; give it a password');
  }
  if (publicUrl === undefined && isEveryInterface(host))
    risks.push(`HOST: the service takes calls on every interface, unencrypted; put TLS in front, and set PUBLIC_URL`);
  return risks;
}

/** Whether what is sent to a host stays on this machine. */
function isLoopback(hostname: string): boolean {
  return /^(localhost|.*\.localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}

/** Whether a `HOST` stands for all addresses of the machine. */
export function isEveryInterface(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}
