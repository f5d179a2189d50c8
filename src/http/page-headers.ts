/**
 * The headers of a page that people open in a browser: it loads what `sources` names and nothing else, no other page
 * frames it, and where somebody goes from it is told to nobody.
 * @param sources what the page may load, as directives of a Content-Security-Policy
 */
export function pageHeaders(sources: readonly string[]): Readonly<Record<string, string>> {
  const policy = ["default-src 'none'", ...sources, "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"];
  return {
    'content-security-policy': policy.join('; '),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  };
}
