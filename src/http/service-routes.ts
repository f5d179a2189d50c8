import type { FastifyInstance } from 'fastify';
import type { HttpDependencies } from './http-dependencies.js';
import { landingHeaders, landingPage } from './landing-page.js';

/** What operators and designers read without a key. */
export function serviceRoutes(server: FastifyInstance, dependencies: HttpDependencies): void {
  const route = (url: string, operation: string, answer: (reply: import('fastify').FastifyReply) => unknown) =>
    server.route({ method: ['GET', 'HEAD'], url, config: { operation }, handler: async (_, reply) => answer(reply) });

  route('/', 'landing', (reply) => {
    reply.headers(landingHeaders).type('text/html; charset=utf-8');
    return landingPage({ version: dependencies.version, publicUrl: dependencies.publicUrl() });
  });
  // Alive: the process answers. Ready: it can do its work.
  route('/healthz', 'healthz', () => ({ status: 'ok' }));
  route('/readyz', 'readyz', async (reply) => {
    try {
      await dependencies.checkReady();
      return { status: 'ready', store: dependencies.store };
    } catch (error) {
      reply.log.warn({ err: error }, 'not ready');
      return reply.code(503).send({ status: 'not ready', store: dependencies.store });
    }
  });
  route('/metrics', 'metrics', (reply) => {
    reply.type(dependencies.metrics.contentType);
    return dependencies.metrics.render();
  });
  route('/apiDefinition.swagger.json', 'definition', () => dependencies.definition());
}
