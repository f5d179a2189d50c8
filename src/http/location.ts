import type { IncomingHttpHeaders } from 'node:http';

/** Where a trigger's next poll may be sent to. */
export interface LocationRules {
  /** Where hosts reach the service. */
  readonly publicUrl: URL;
  /** Names that a gateway's own address may have, with a leading dot for all names below one. */
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
 * gateways that the rules allow; everything else goes to the public URL. `Host` is never used. The path is always that of
 * the trigger, so nothing in a request can steer the next poll elsewhere.
 */
export function location(trigger: PolledTrigger, state: string, rules: LocationRules): string {
  const path = pathOf(trigger);
  const query = new URLSearchParams(trigger.query);
  query.delete('triggerState');
  query.append('triggerState', state);
  return `${baseOf(trigger.headers, path, rules)}${path}?${query}`;
}

/** The path with the values in it, each as one encoded segment. They have been checked: none is empty, `.` or `..`. */
function pathOf({ path, pathValues }: PolledTrigger): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent((pathValues[name] ?? '').toWellFormed()));
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
  const isAllowed = gatewayHosts.some((name) =>
    name.startsWith('.') ? url.hostname.endsWith(name) : url.hostname === name,
  );
  const isPlain = url.protocol === 'https:' && url.username === '' && url.password === '' && url.port === '';
  return isAllowed && isPlain ? url : undefined;
}

/** A URL or a path without the slash that it may end in, so that a path can follow. */
export function withoutEndSlash(url: string): string {
  return url.replace(/\/$/, '');
}
