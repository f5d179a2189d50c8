/**
 * The headers of every answer that is no page: it is what its type says, nobody keeps a copy of it, and a browser that
 * is led to open it loads, runs and frames nothing.
 */
export const apiHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

/** The same as lines of an answer that is written by hand. */
export const apiHeaderLines = Object.entries(apiHeaders)
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('');
