import fastify, { type FastifyInstance } from 'fastify';
import { Account } from './account/account.js';
import { sandboxCredentials } from './account/seed-account.js';
import { incidentControls } from './control/incident-controls.js';
import { sandboxControls } from './control/sandbox-controls.js';
import { eventsV1Routes } from './events/events-v1-routes.js';
import { eventsV2Routes } from './events/events-v2-routes.js';
import { answerErrors } from './http/answer-errors.js';
import { Faults } from './http/faults.js';
import { MinuteLimiter } from './http/minute-limiter.js';
import { observeRequests } from './http/observe-requests.js';
import { RequestLog } from './http/request-log.js';
import { directoryRoutes } from './rest/directory-routes.js';
import { incidentPartRoutes } from './rest/incident-part-routes.js';
import { incidentRoutes } from './rest/incident-routes.js';
import { logEntryRoutes } from './rest/log-entry-routes.js';
import { RestGate } from './rest/rest-gate.js';
import { type SandboxClock, ShiftedClock, systemClock } from './shifted-clock.js';

const maxBodyBytes = 1024 * 1024;

export interface SandboxOptions {
  /** The sandbox waits and dates everything by this clock. */
  readonly clock: SandboxClock;
  /** The same seed gives the same ids. Default 1. */
  readonly seed?: number;
}

export interface Sandbox {
  readonly app: FastifyInstance;
  readonly account: Account;
}

/** A pretend PagerDuty account behind a server that does not listen yet: tests inject requests into it. */
export function createSandbox({ clock: injected, seed = 1 }: SandboxOptions): Sandbox {
  const clock = new ShiftedClock(injected);
  const account = new Account(clock, seed);
  const limiter = new MinuteLimiter(clock);
  const requests = new RequestLog();
  const faults = new Faults();
  const app = fastify({ bodyLimit: maxBodyBytes, forceCloseConnections: true });

  // Bodies stay text until a route reads them: what counts as a good body, and how a bad one is refused, differs.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  answerErrors(app);
  observeRequests(app, account, clock, requests, faults);

  const gate = new RestGate(account, limiter);
  incidentRoutes(app, gate);
  incidentPartRoutes(app, gate);
  logEntryRoutes(app, gate);
  directoryRoutes(app, gate);
  eventsV1Routes(app, account, limiter);
  eventsV2Routes(app, account, limiter);
  incidentControls(app, account);
  sandboxControls(app, { account, clock, faults, requests, limiter });
  return { app, account };
}

export interface RunningSandbox {
  /** The base URL of the REST API, both Events APIs and the control API, without a slash at the end. */
  readonly url: string;
  readonly credentials: typeof sandboxCredentials;
  readonly account: Account;
  close(): Promise<void>;
}

export interface StartOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Default: the machine's clock. */
  readonly clock?: Pick<SandboxClock, 'now' | 'sleep'>;
  readonly seed?: number;
}

/** The same, listening. */
export async function startSandbox(options: StartOptions = {}): Promise<RunningSandbox> {
  const { host = '127.0.0.1', port = 0, clock = systemClock, seed = 1 } = options;
  const { app, account } = createSandbox({ clock, seed });
  const url = await app.listen({ host, port });
  return { url, credentials: sandboxCredentials, account, close: () => app.close() };
}
