import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Engine } from '../engine/engine.js';
import type { Metrics } from '../telemetry/metrics.js';
import type { Trigger } from '../triggers/trigger.js';
import { admittedOf } from './authenticate.js';
import { fastifyPath, rawInputs } from './endpoint-route.js';
import { location } from './location.js';
import { admitPoll, answerWithin } from './poll-limit.js';

/**
 * One route for each trigger, in the polling protocol of flow designers: 202 without a body if there is nothing new,
 * else 200 with a page of events; each with the `Location` to poll next and the time to wait before it.
 */
export async function triggerRoutes(
  server: FastifyInstance,
  options: {
    readonly triggers: readonly Trigger[];
    readonly engine: Engine;
    readonly metrics: Metrics;
    readonly gatewayHosts: readonly string[];
  },
): Promise<void> {
  const { triggers, engine, metrics, gatewayHosts } = options;
  for (const trigger of triggers) {
    const { id, path } = trigger;
    const countPage = metrics.pagesOf(id);
    server.get(fastifyPath(path), { config: { operation: id } }, async (request, reply) => {
      const { connection, inputsAreRight } = admittedOf(request);
      if (!admitPoll(connection.polls, reply, metrics)) return reply;
      const inputs = rawInputs(trigger, request);
      const filter = trigger.parse(inputs);
      inputsAreRight();
      const poll = () => engine.poll(connection, filter, stateOf(request));
      const answer = await answerWithin(connection.polls, poll, reply, metrics);
      if (answer === undefined) return reply;
      reply.header('retry-after', answer.more ? 0 : Math.max(1, Math.ceil(answer.nextPollInMs / 1000)));
      const polled = { path, pathValues: textsOf(inputs), query: queryOf(request), headers: request.headers };
      reply.header('location', location(polled, answer.state, { publicUrl: server.publicUrl, gatewayHosts }));
      if (answer.payloads.length === 0) return reply.code(202).send();
      countPage(answer.payloads.length);
      return trigger.serialize(answer.payloads);
    });
  }
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
