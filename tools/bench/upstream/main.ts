import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { OpenIncidents } from './open-incidents.js';
import { PollTimes } from './poll-times.js';
import { readUpstreamSettings, type UpstreamSettings } from './settings.js';
import { SingleAnswers } from './single-answers.js';
import { timelineOf } from './timeline.js';

/**
 * A pretend PagerDuty that costs next to nothing, so that the service is what the benchmarks measure: most answers are
 * made once and written as they are. The sandbox, which keeps a whole account, would be busier than the service.
 *
 * The API key says which account it is: `bench-<n>` has a timeline; `bench-lists-<n>-<open>` may not read it, and has so
 * many open incidents.
 */
const json = { 'content-type': 'application/json' };
const emptyLists = Buffer.from('{"users":[],"incidents":[],"log_entries":[],"limit":100,"offset":0,"more":false}');
const single = new SingleAnswers();
const openIncidents = new OpenIncidents();
let settings: UpstreamSettings = { latencyMs: 0, intervalMs: 30_000, changingPercent: 0 };
let times = new PollTimes(settings.intervalMs);

const server = createServer((request, response) => {
  void answer(request, response);
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The upstream listens nowhere.');
  process.stdout.write(`{"url":"http://127.0.0.1:${address.port}"}\n`);
});
process.once('SIGTERM', () => process.exit(0));

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = request.url ?? '';
  if (url.startsWith('/bench/')) return control(url, request, response);
  // A body is read to its end, as a server must, and thrown away.
  request.resume();
  const [, lists, number = '0', open = '0'] =
    /bench-(lists-)?(\d+)(?:-(\d+))?$/.exec(request.headers.authorization ?? '') ?? [];
  const isFirstPage = !url.includes('offset=') || /[?&]offset=0(&|$)/.test(url);
  let body: Buffer | undefined;
  let status = 200;
  if (url.startsWith('/log_entries?')) {
    if (lists !== undefined) {
      status = 403;
      body = Buffer.from('{"error":{"code":2010,"message":"Access Denied"}}');
    } else {
      if (isFirstPage) times.polled(Number(number), performance.now());
      body = isFirstPage ? timelineOf(Number(number), url, settings, Date.now()) : emptyLists;
    }
  } else if (url.startsWith('/incidents?')) {
    const isOpen = lists !== undefined && url.includes('triggered');
    if (isOpen && isFirstPage) times.polled(Number(number), performance.now());
    body = isOpen ? openIncidents.page(Number(open), url, settings, Date.now()) : emptyLists;
  } else {
    body = url.startsWith('/users?') ? emptyLists : single.answer(request.method ?? 'GET', url);
  }
  if (settings.latencyMs > 0) await delay(settings.latencyMs);
  send(response, status, body);
}

/** The bench says how the upstream is to be, and asks what it has seen since. */
async function control(url: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (url === '/bench/settings') {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const before = settings.intervalMs;
    settings = readUpstreamSettings(Buffer.concat(chunks).toString());
    if (settings.intervalMs !== before) times = new PollTimes(settings.intervalMs);
  } else if (url === '/bench/begin') times.begin();
  send(response, 200, Buffer.from(JSON.stringify(times.seen(performance.now()))));
}

function send(response: ServerResponse, status: number, body: Buffer | undefined): void {
  if (body === undefined) {
    response.writeHead(404, json).end('{"error":{"code":2100,"message":"Not Found"}}');
    return;
  }
  response.writeHead(status, { ...json, 'content-length': body.length }).end(body);
}
