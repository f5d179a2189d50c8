import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import type { OpenAPIV2 } from 'openapi-types';
import { docsTheme } from './docs-theme.js';
import type { HttpDependencies } from './http-dependencies.js';

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

const actions = { name: 'Actions', description: 'What a flow does.' };
const triggers = {
  name: 'Triggers',
  description: 'What starts a flow. The first poll answers 202; give the next one the triggerState of its Location.',
};
const lookups = {
  name: 'Lookups',
  description: 'What a flow designer asks to fill its dropdowns and to test a connection. Here they tell you the ids.',
};

/**
 * The definition as people read it at `/docs`: its operations in groups, and without host and scheme, so that what is
 * tried out goes to where the page came from, whichever of the service's addresses that is. Flow designers import the
 * definition itself: they need its host, and have no use for the groups.
 */
export function docsDocument(
  dependencies: Pick<HttpDependencies, 'definition' | 'operations' | 'triggers'>,
): OpenAPIV2.Document {
  const { host, schemes, ...definition } = dependencies.definition();
  const base = definition.basePath?.replace(/\/$/, '') ?? '';
  const grouped = (operation: OpenAPIV2.OperationObject) => ({
    ...operation,
    tags: [groupOf(operation, dependencies)],
  });
  const paths: OpenAPIV2.PathsObject = {};
  for (const [path, { get, post, put }] of Object.entries<OpenAPIV2.PathItemObject>(definition.paths)) {
    paths[path] = {
      ...(get === undefined ? {} : { get: grouped(get) }),
      ...(post === undefined ? {} : { post: grouped(post) }),
      ...(put === undefined ? {} : { put: grouped(put) }),
    };
  }
  return {
    ...definition,
    info: {
      ...definition.info,
      description: `${definition.info.description}

To try an operation out, give **Authorize** a PagerDuty API key. What you then execute is real: it acts on the account of that key. The curl commands shown contain the key; the page forgets it when you leave.

To import the connector into a flow designer, use [apiDefinition.swagger.json](${base}/apiDefinition.swagger.json).`,
    },
    tags: [actions, triggers, lookups],
    paths,
  };
}

function groupOf(
  { operationId }: OpenAPIV2.OperationObject,
  dependencies: Pick<HttpDependencies, 'operations' | 'triggers'>,
): string {
  if (dependencies.triggers.some(({ id }) => id === operationId)) return triggers.name;
  const operation = dependencies.operations.find(({ id }) => id === operationId);
  return operation?.visibility === 'internal' ? lookups.name : actions.name;
}

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
