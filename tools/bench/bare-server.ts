import fastify, { type FastifyRequest } from 'fastify';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { Pool } from 'undici';

/**
 * The baseline: bare Fastify routes that make the same upstream calls with undici, and such that make none. They have no
 * limiter, validation, log or metrics; what the connector adds to them is what the benchmarks measure.
 */
const pool = new Pool(process.argv[2] ?? '', { connections: 128 });
const server = fastify();
const incidentIn = Compile(Type.Object({ incident: Type.Object({ id: Type.String() }) }));

/** As Acknowledge does: the incident is looked at before it is changed. */
server.put<{ Params: { id: string } }>('/action1/incidents/:id', async (request) => {
  await call(request, 'GET', `/incidents/${encodeURIComponent(request.params.id)}`);
  return acknowledge(request, request.params.id);
});
/** One upstream call only. */
server.put<{ Params: { id: string } }>('/one-call/incidents/:id', (request) => {
  return acknowledge(request, request.params.id);
});
server.get<{ Params: { id: string } }>('/users/:id', async (request) => {
  return call(request, 'GET', `/users/${encodeURIComponent(request.params.id)}`);
});
server.get('/users', async (_, reply) => reply.code(429).send({ error: { code: 'rate_limited', message: 'Later.' } }));
/** As a poll of the engine does. */
server.get('/log_entries', (request) => call(request, 'GET', request.url));
/** Nothing new, without asking anybody. */
server.get('/trigger2/incidents', async (request, reply) => {
  reply.header('location', `http://${request.headers.host}${request.url}`).header('retry-after', 30);
  return reply.code(202).send();
});

process.stdout.write(`{"url":"${await server.listen({ port: 0, host: '127.0.0.1' })}/"}\n`);
process.once('SIGTERM', () => process.exit(0));

async function acknowledge(request: FastifyRequest, id: string): Promise<object> {
  const change = { incident: { type: 'incident_reference', status: 'acknowledged' } };
  return incidentIn.Parse(await call(request, 'PUT', `/incidents/${encodeURIComponent(id)}`, change)).incident;
}

async function call(request: FastifyRequest, method: 'GET' | 'PUT', path: string, body?: object): Promise<unknown> {
  const upstream = await pool.request({
    method,
    path,
    headers: {
      authorization: `Token token=${String(request.headers['x-api-key'])}`,
      'content-type': 'application/json',
      ...(body === undefined ? {} : { from: 'ada.lovelace@example.com' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return JSON.parse(await upstream.body.text());
}
