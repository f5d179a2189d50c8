import { encodePath } from '../pagerduty/encode-path.js';

/**
 * Where a host polls next: the trigger's own path below the public URL, with every query parameter the host came
 * with, and its new state. It never takes its host from the request.
 */
export function location(options: {
  readonly publicUrl: URL;
  /** The trigger's path template. */
  readonly path: string;
  readonly pathValues: Readonly<Record<string, string>>;
  /** The query as it came, without the question mark. */
  readonly query: string;
  readonly state: string;
}): string {
  const query = new URLSearchParams(options.query);
  query.delete('triggerState');
  query.append('triggerState', options.state);
  const base = options.publicUrl.href.replace(/\/$/, '');
  return `${base}${encodePath(options.path, options.pathValues)}?${query}`;
}
