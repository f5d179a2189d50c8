import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import type { HttpDependencies } from './http-dependencies.js';

/** The definition, shown and tried out at `/docs`. */
export async function docsRoutes(
  server: FastifyInstance,
  { definition }: HttpDependencies,
  basePath: string,
): Promise<void> {
  await server.register(swagger, { mode: 'static', specification: { document: definition() } });
  await server.register(swaggerUi, {
    routePrefix: '/docs',
    // The page's own files are asked for below the public URL's path; a proxy may take it off or leave it.
    indexPrefix: basePath,
    // The address is certain only once the service listens, which is after this registration.
    transformSpecification: () => ({ ...definition() }),
    uiConfig: { docExpansion: 'list', defaultModelsExpandDepth: 0 },
  });
}
