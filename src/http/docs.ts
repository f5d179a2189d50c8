import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import type { OpenAPIV2 } from 'openapi-types';
import { type Definition, type DefinitionSource, renderDefinition } from '../definition/render-definition.js';
import { docsTheme } from './docs-theme.js';
import { withoutEndSlash } from './location.js';

const headers = pageHeaders(["script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'"]);

/** What the definition is rendered from; the rest is the server's public URL. */
type DocsSource = Pick<DefinitionSource, 'operations' | 'triggers' | 'version'>;

/** The definition as a document to import, and at `/docs` to read and try out. The page loads nothing from elsewhere. */
export async function docsRoutes(server: FastifyInstance, source: DocsSource): Promise<void> {
  const definition = () => renderDefinition({ ...source, publicUrl: server.publicUrl });
  server.route({
    method: ['GET', 'HEAD'],
    url: '/apiDefinition.swagger.json',
    config: { operation: 'definition' },
    handler: async () => definition(),
  });
  await server.register(async (docs) => {
    docs.addHook('onRequest', (_, reply, done) => {
      reply.headers(headers);
      done();
    });
    await docs.register(swagger, { mode: 'static', specification: { document: docsDocument(definition(), source) } });
    await docs.register(swaggerUi, {
      routePrefix: '/docs',
      // The page asks for its own files below the public URL's path; a proxy may take it off or leave it.
      indexPrefix: withoutEndSlash(server.publicUrl.pathname),
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
 * The definition as people read it at `/docs`: its operations in groups, and without host and scheme, so that a call
 * tried out goes to the address that the page came from. Flow designers import the definition itself: they need its
 * host, and have no use for the groups.
 */
function docsDocument({ host, schemes, ...definition }: Definition, source: DocsSource): OpenAPIV2.Document {
  const base = withoutEndSlash(definition.basePath ?? '');
  const grouped = (operation: OpenAPIV2.OperationObject) => ({
    ...operation,
    tags: [groupOf(operation, source)],
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

function groupOf({ operationId }: OpenAPIV2.OperationObject, source: DocsSource): string {
  if (source.triggers.some(({ id }) => id === operationId)) return triggers.name;
  const operation = source.operations.find(({ id }) => id === operationId);
  return operation?.visibility === 'internal' ? lookups.name : actions.name;
}

/**
 * The headers of a page that people open in a browser: it loads what `sources` names and nothing else, no other page
 * frames it, and a link tells nobody where it was followed.
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
