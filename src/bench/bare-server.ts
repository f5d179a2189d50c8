import fastify from 'fastify';
import { Pool } from 'undici';

/**
 * The baseline: a bare Fastify route that makes the same upstream call with undici, and one that refuses without it.
 * It has no limiter, validation, log or metrics; what the connector adds to it is what the benchmarks measure.
 */
const pool = new Pool(process.argv[2] ?? '');
const server = fastify();

server.get<{ Params: { id: string } }>('/users/:id', async (request, reply) => {
  const upstream = await pool.request({
    method: 'GET',
    path: `/users/${encodeURIComponent(request.params.id)}`,
    headers: { authorization: `Token token=${String(request.headers['x-api-key'])}` },
  });
  const body: unknown = JSON.parse(await upstream.body.text());
  return reply.code(upstream.statusCode).send(body);
});
server.get('/users', async (_, reply) => reply.code(429).send({ error: { code: 'rate_limited', message: 'Later.' } }));

process.stdout.write(`{"url":"${await server.listen({ port: 0, host: '127.0.0.1' })}/"}\n`);
process.once('SIGTERM', () => process.exit(0));
