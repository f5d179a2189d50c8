import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { docsDocument } from './docs-document.js';
import { docsTheme } from './docs-theme.js';
import type { HttpDependencies } from './http-dependencies.js';
import { pageHeaders } from './page-headers.js';

const headers = pageHeaders(["script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'"]);

/** The definition, shown and tried out at `/docs`. Nothing that the page needs comes from another host. */
export async function docsRoutes(
  server: FastifyInstance,
  dependencies: HttpDependencies,
  basePath: string,
): Promise<void> {
  await server.register(async (docs) => {
    docs.addHook('onRequest', (_, reply, done) => {
      reply.headers(headers);
      done();
    });
    await docs.register(swagger, { mode: 'static', specification: { document: docsDocument(dependencies) } });
    await docs.register(swaggerUi, {
      routePrefix: '/docs',
      // The page's own files are asked for below the public URL's path; a proxy may take it off or leave it.
      indexPrefix: basePath,
      theme: docsTheme,
      uiConfig: { layout: 'BaseLayout', docExpansion: 'list', defaultModelsExpandDepth: -1 },
    });
  });
}
