import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Trigger } from '../triggers/trigger.js';
import { fastifyPath } from './fastify-path.js';
import type { HttpDependencies } from './http-dependencies.js';
import { location } from './location.js';
import { rawInputs } from './operation-routes.js';

/**
 * One route for each trigger, in the polling protocol of flow designers: 202 without a body when there is nothing
 * new, 200 with a page of news, each with the `Location` to poll next and the time to wait before it.
 */
export function triggerRoutes(server: FastifyInstance, trigger: Trigger, dependencies: HttpDependencies): void {
  const countPage = dependencies.metrics.pagesOf(trigger.id);
  server.route({
    method: 'GET',
    url: fastifyPath(trigger.path),
    config: { operation: trigger.id },
    handler: async (request, reply) => {
      const connection = dependencies.connect(request);
      const inputs = rawInputs(trigger, request);
      const answer = await dependencies.engine.poll(connection, trigger.parse(inputs), stateOf(request));
      reply.header('retry-after', answer.more ? 0 : Math.max(1, Math.ceil(answer.nextPollInMs / 1000)));
      const { path } = trigger;
      const polled = { path, pathValues: textsOf(inputs), query: queryOf(request), headers: request.headers };
      reply.header('location', location(polled, answer.state, dependencies.locationRules()));
      if (answer.payloads.length === 0) return reply.code(202).send();
      countPage(answer.payloads.length);
      return trigger.present(answer.payloads);
    },
  });
}

/** The host's state. Anything but one text is as good as a state that cannot be read. */
function stateOf(request: FastifyRequest): string | undefined {
  const { query } = request;
  if (typeof query !== 'object' || query === null || !('triggerState' in query)) return undefined;
  return typeof query.triggerState === 'string' ? query.triggerState : '';
}

function queryOf(request: FastifyRequest): string {
  const start = request.url.indexOf('?');
  return start === -1 ? '' : request.url.slice(start + 1);
}

function textsOf(inputs: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, String(value)]));
}
