import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { FastifyBaseLogger } from 'fastify';
import { ControlClient } from '../../sandbox/kit/control-client.js';
import { type RunningSandbox, startSandbox } from '../../sandbox/sandbox.js';
import { createApp } from '../../src/app.js';
import { type Clock, systemClock } from '../../src/clock/clock.js';
import { readConfig } from '../../src/config/settings.js';
import { createLogger } from '../../src/telemetry/logger.js';
import { ManualClock } from './manual-clock.js';

/** What a service takes from the machine that it runs on, but for its logger. */
export const machine = { clock: systemClock, random: Math.random, uuid: randomUUID };

/** What the service answered. `body` is the text read as JSON, or null if it is none. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly body: unknown;
}

export interface CallOptions {
  /** The API key; null sends none. Default: the sandbox's account key. */
  readonly key?: string | null;
  /** Sent as it is if it is a text, else as JSON. */
  readonly body?: unknown;
  readonly headers?: OutgoingHttpHeaders;
}

/** The service, listening, with a pretend PagerDuty behind it. */
export interface RunningService {
  /** Where the service listens, without a slash at the end. */
  readonly url: string;
  readonly sandbox: RunningSandbox;
  readonly control: ControlClient;
  /** Sends one request. Neither the path nor a repeated header is touched on the way. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
}

/** Starts a sandbox and the service in front of it. The test's end stops both. */
export async function startService(
  t: { teardown(close: () => unknown): void },
  options: {
    /** Set on top of an environment in which nothing gets in the way. */
    readonly environment?: Readonly<Record<string, string>>;
    /** The service's clock, and PagerDuty's unless that has one of its own. Default: the machine's. */
    readonly clock?: Clock;
    /** PagerDuty's clock, by which it also delays an answer. */
    readonly pagerDutyClock?: Clock;
    /** Default: silence. */
    readonly logger?: FastifyBaseLogger;
  } = {},
): Promise<RunningService> {
  const dataDir = await mkdtemp(join(tmpdir(), 'pagerduty-connector-test-'));
  const { clock = systemClock, pagerDutyClock = clock } = options;
  const sandbox = await startSandbox({ clock: pagerDutyClock });
  const app = await createApp(
    readConfig({
      PORT: '0',
      DATA_DIR: dataDir,
      PAGERDUTY_API_URL: sandbox.url,
      PAGERDUTY_EVENTS_URL: sandbox.url,
      RATE_LIMIT_CALLS: '10000',
      RATE_LIMIT_POLLS: '1000000',
      ...options.environment,
    }),
    { ...machine, clock, logger: options.logger ?? createLogger('silent') },
  );
  const agent = new Agent({ keepAlive: true });
  t.teardown(async () => {
    agent.destroy();
    const closed = app.close();
    // Idle connections are given time, and nobody else moves the clock now.
    if (clock instanceof ManualClock) await clock.advance(3_000);
    await closed;
    await sandbox.close();
    await rm(dataDir, { recursive: true, force: true });
  });
  await app.listen();
  const [address] = app.server.addresses();
  if (typeof address !== 'object') throw new Error('the service does not listen');
  const { port } = address;
  return {
    url: `http://127.0.0.1:${port}`,
    sandbox,
    control: new ControlClient(sandbox.url),
    call: (method, path, { key = sandbox.credentials.accountKey, body, headers = {} } = {}) =>
      send({
        port,
        agent,
        method,
        path,
        headers: {
          ...(key === null ? {} : { 'x-api-key': key }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
      }),
  };
}

/** The properties of an object; none of anything else. */
export function propertiesOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** The `error` of an answer; empty if there is none. */
export function errorOf({ body }: { readonly body: unknown }): Readonly<Record<string, unknown>> {
  return propertiesOf(propertiesOf(body).error);
}

function send(options: {
  port: number;
  agent: Agent;
  method: string;
  path: string;
  headers: OutgoingHttpHeaders;
  body: string | undefined;
}): Promise<Answer> {
  const { body, ...rest } = options;
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', ...rest }, (response) => {
      const { statusCode: status = 0, headers } = response;
      text(response).then((read) => resolve({ status, headers, text: read, body: parse(read) }), reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
