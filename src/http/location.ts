import type { IncomingHttpHeaders } from 'node:http';
import { encodePath } from '../pagerduty/client.js';

/** Where a trigger's next poll may be sent to. */
export interface LocationRules {
  /** Where hosts reach the service. */
  readonly publicUrl: URL;
  /** Names of hosts, with a leading dot for all names below one, that a gateway's own address may have. */
  readonly gatewayHosts: readonly string[];
}

/** The trigger that was polled. */
export interface PolledTrigger {
  /** The trigger's path template. */
  readonly path: string;
  readonly pathValues: Readonly<Record<string, string>>;
  /** The query as it came, without the question mark. */
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
}

/**
 * Where a host polls next: the trigger's own path, with every query parameter the host came with, and its new state.
 *
 * A request that came through a flow designer's gateway goes back through it, since the gateway holds the connection's
 * key: below `X-MS-APIM-Referrer-Prefix`, or else at `X-MS-APIM-Referrer`. Both are taken only over https and from the
 * hosts that the rules allow; everything else goes to the public URL. `Host` is never used. The path is always that of
 * the trigger, so nothing in a request can steer the next poll elsewhere.
 */
export function location(trigger: PolledTrigger, state: string, rules: LocationRules): string {
  const path = encodePath(trigger.path, trigger.pathValues);
  const query = new URLSearchParams(trigger.query);
  query.delete('triggerState');
  query.append('triggerState', state);
  return `${baseOf(trigger.headers, path, rules)}${path}?${query}`;
}

function baseOf(headers: IncomingHttpHeaders, path: string, rules: LocationRules): string {
  const prefix = gatewayUrl(headers['x-ms-apim-referrer-prefix'], rules);
  if (prefix !== undefined) return withoutEndSlash(prefix.origin + prefix.pathname);
  const referrer = gatewayUrl(headers['x-ms-apim-referrer'], rules);
  if (referrer?.pathname.endsWith(path) === true) {
    return withoutEndSlash(referrer.origin + referrer.pathname.slice(0, -path.length));
  }
  return withoutEndSlash(rules.publicUrl.href);
}

/** The address of a gateway that may be used; undefined for any other. */
function gatewayUrl(header: string | string[] | undefined, { gatewayHosts }: LocationRules): URL | undefined {
  if (typeof header !== 'string' || header.length > 1_500 || !URL.canParse(header)) return undefined;
  const url = new URL(header);
  const isAllowed = gatewayHosts.some((host) =>
    host.startsWith('.') ? url.hostname.endsWith(host) : url.hostname === host,
  );
  const isPlain = url.protocol === 'https:' && url.username === '' && url.password === '' && url.port === '';
  return isAllowed && isPlain ? url : undefined;
}

function withoutEndSlash(url: string): string {
  return url.replace(/\/$/, '');
}
