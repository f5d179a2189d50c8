import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { pageHeaders } from './docs.js';
import { withoutEndSlash } from './location.js';

const style = `
:root { color-scheme: light dark; }
body { max-width: 44rem; margin: 0 auto; padding: 2rem 1rem; font: 1rem/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.75rem; line-height: 1.2; }
h2 { margin: 2rem 0 0.5rem; font-size: 1.125rem; }
p { margin: 0.5rem 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.25rem 1.5rem; margin: 0; }
dd { margin: 0; }
pre { padding: 0.75rem 1rem; border: 1px solid #8886; border-radius: 0.375rem; white-space: pre-wrap; overflow-wrap: anywhere; }
code { font: 0.875rem/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
@media (max-width: 36rem) { dl { display: block; } dd { margin-bottom: 0.75rem; } }
`;

/** The page has a style of its own, and loads nothing. */
const headers = pageHeaders([
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  'img-src data:',
]);

/** The page at `/`: what this is, where everything is, and how to begin. */
export async function landingPage(server: FastifyInstance, { version }: { readonly version: string }): Promise<void> {
  server.route({
    method: ['GET', 'HEAD'],
    url: '/',
    config: { operation: 'landing' },
    handler: async (_, reply) => {
      reply.headers(headers).type('text/html; charset=utf-8');
      return renderPage(version, server.publicUrl);
    },
  });
}

/**
 * Links begin with the public URL's path: so they hold with and without a slash at the end of the page's own address,
 * behind the proxy and at the service.
 */
function renderPage(version: string, publicUrl: URL): string {
  const url = escapeHtml(withoutEndSlash(publicUrl.href));
  const path = escapeHtml(withoutEndSlash(publicUrl.pathname));
  const link = (to: string) => `<a href="${path}${to}">${to}</a>`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>PagerDuty connector service</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<main>
<h1>PagerDuty connector service</h1>
<p>Version ${escapeHtml(version)}. It acts on PagerDuty incidents for low-code platforms, and starts a flow for each event.</p>

<h2>What is here</h2>
<dl>
<dt>${link('/docs')}</dt><dd>every operation, to read and to try out</dd>
<dt>${link('/apiDefinition.swagger.json')}</dt><dd>the definition to import into a flow designer</dd>
<dt>${link('/healthz')}</dt><dd>200 while the process answers</dd>
<dt>${link('/readyz')}</dt><dd>200 while it can do its work, else 503</dd>
<dt>${link('/metrics')}</dt><dd>metrics for Prometheus</dd>
</dl>

<h2>Call it</h2>
<p>With a PagerDuty API key, from anything that speaks HTTP:</p>
<pre><code>curl -H 'X-API-Key: YOUR_KEY' ${url}/incidents</code></pre>

<h2>Import it into a flow designer</h2>
<p>Save the <a href="${path}/apiDefinition.swagger.json" download>definition</a> and import it as a custom connector; in
Power Automate: New custom connector, Import an OpenAPI file.</p>
<p>The flow designer must be able to reach <code>${url}</code>. If that is not the address it should use, set
<code>PUBLIC_URL</code>.</p>
</main>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
