import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import type { Clock } from './clock/clock.js';
import { isEveryInterface, riskySettings } from './config/risky-settings.js';
import type { Config } from './config/settings.js';
import { ConnectionRegistry } from './connection/connection-registry.js';
import { UnknownKeys } from './connection/unknown-keys.js';
import { Engine } from './engine/engine.js';
import { eventKinds } from './engine/events.js';
import { startHousekeeping } from './housekeeping.js';
import { openConnections } from './http/authenticate.js';
import { docsRoutes } from './http/docs.js';
import { refuseOtherMethods } from './http/endpoint-route.js';
import { eraseRoute } from './http/erase-route.js';
import { landingPage } from './http/landing-page.js';
import { operationRoutes } from './http/operation-routes.js';
import { drain, openSockets, probeRoutes, Readiness } from './http/readiness.js';
import { requireAccessToken } from './http/require-access-token.js';
import { createServer } from './http/server.js';
import { triggerRoutes } from './http/trigger-routes.js';
import { openBackend } from './open-backend.js';
import { operations } from './operations/operations.js';
import { OpsgenieBridge } from './opsgenie/opsgenie-bridge.js';
import { opsgenieRoutes } from './opsgenie/opsgenie-routes.js';
import { PagerDuty } from './pagerduty/pagerduty.js';
import { PagerDutyRegions } from './pagerduty/regions.js';
import { MeasuredStore } from './stores/measured-store.js';
import { Metrics } from './telemetry/metrics.js';
import { engineReport, oddFieldReport } from './telemetry/reports.js';
import { triggers } from './triggers/triggers.js';
import { version } from './version.js';

/** How long calls to PagerDuty may take to finish once the service is told to stop. */
const maxDrainMs = 7_000;

/** What the service takes from the machine that it runs on. */
export interface AppOptions {
  readonly clock: Clock;
  /** A number of at least 0 and below 1. */
  readonly random: () => number;
  /** A text that nobody else makes. */
  readonly uuid: () => string;
  readonly logger: FastifyBaseLogger;
  /** Ends the wait for an embedded store that another process has. */
  readonly signal?: AbortSignal;
}

/** The service, composed. */
export interface App {
  readonly server: FastifyInstance;
  /** Which store is in use. */
  readonly store: 'sqlite' | 'redis';
  /** Begins to listen; gives the URL under which hosts reach the service. */
  listen(): Promise<URL>;
  /** Lets requests under way finish, for a bounded time, and closes everything in reverse order of its opening. */
  close(): Promise<void>;
}

/**
 * Composes the service. Nothing listens yet.
 * @throws {Error} if the store cannot be opened
 */
export async function createApp(config: Config, { clock, random, uuid, logger, signal }: AppOptions): Promise<App> {
  for (const risk of riskySettings(config)) logger.warn(risk);
  const metrics = new Metrics({ eventKinds });
  const backend = await openBackend(config, { clock, logger, random, signal });
  const meterOf = (operation: string) => metrics.storeOperation(operation);
  const store = new MeasuredStore(backend.store, { clock, meterOf });
  metrics.storeInUse(backend.kind);
  const { pagerDutyApiUrl: apiUrl, pagerDutyEventsUrl: eventsUrl } = config;
  const regions = new PagerDutyRegions({ apiUrl, eventsUrl }, (urls) => {
    return new PagerDuty({ ...urls, clock, random, report: (call) => metrics.upstreamCall(call) });
  });
  const unknownKeys = new UnknownKeys({
    clock,
    report: (event) => metrics.unknownKey(event),
    memory: store,
    keepMs: config.eventRetentionMs,
  });
  const connections = new ConnectionRegistry({
    clock,
    unknownKeys,
    oddField: oddFieldReport(logger, metrics),
    limit: { calls: config.rateLimitCalls, windowMs: config.rateLimitWindowMs },
    polls: config.rateLimitPolls,
    createLimiter: backend.createLimiter,
  });
  const engine = new Engine({
    store,
    clock,
    observer: engineReport(logger, metrics.engine),
    newCommitId: () => uuid().slice(0, 8),
    pollIntervalMs: config.triggerPollMs,
    retentionMs: config.eventRetentionMs,
    random,
  });
  const readiness = new Readiness({ clock, checkStore: () => store.check() });

  const publicUrl = config.publicUrl ?? localUrl(config.host, config.port);
  const server = createServer({ logger, metrics, publicUrl, uuid, trustedProxies: config.trustedProxies });
  await server.register(probeRoutes, { readiness, metrics, store: backend.kind });
  await server.register(landingPage, { version });
  await server.register(docsRoutes, { operations, triggers, version });
  refuseOtherMethods(server, [...operations, ...triggers]);
  const accessTokens = [...config.accessTokens, ...config.accessTokensOfFile];
  await server.register(async (keyed) => {
    requireAccessToken(keyed, accessTokens);
    openConnections(keyed, { connections, regions });
    await keyed.register(operationRoutes, { operations, metrics, uniqueKey: uuid });
    await keyed.register(eraseRoute, { engine, metrics });
    await keyed.register(triggerRoutes, { triggers, engine, metrics, gatewayHosts: config.gatewayHosts });
  });
  const { events } = regions.of(undefined);
  const guardOf = (key: string, address: string | undefined) =>
    unknownKeys.integrationGuard(key, { eventsUrl, address });
  const decided = (decision: 'granted' | 'refused') => metrics.limiterDecision(decision);
  const bridge = config.opsgenieBridge ? new OpsgenieBridge({ events, guardOf, eventsUrl, clock, decided }) : undefined;
  if (bridge !== undefined) {
    await server.register(async (keyed) => {
      requireAccessToken(keyed, accessTokens);
      await keyed.register(opsgenieRoutes, { prefix: '/opsgenie', bridge });
    });
  }

  metrics.read({
    connections: () => connections.size,
    polledConnections: () => engine.polledConnections,
    listedBytes: () => connections.listedBytes,
    slowPolls: () => engine.slowPolls,
    openSockets: () => openSockets(server),
    backend: { store: () => store.isUp, ...(backend.redisIsUp && { redis: backend.redisIsUp }) },
  });

  let housekeeping: { stop(): void } | undefined;
  return {
    server,
    store: backend.kind,
    async listen() {
      await server.listen({ host: config.host, port: config.port });
      const [address] = server.addresses();
      if (config.publicUrl === undefined && typeof address === 'object')
        server.publicUrl = localUrl(config.host, address.port);
      housekeeping = startHousekeeping({
        logger,
        tick: () => engine.tick(),
        sweep: () => {
          const refusals = [...connections.drainRefusals(), ...(bridge?.drainRefusals() ?? [])];
          for (const refusal of refusals) logger.info(refusal, 'calls or polls refused in the last minute');
          const refused = unknownKeys.drainRefused();
          if (refused > 0) logger.warn({ refused }, 'calls with unknown keys refused in the last minute');
          connections.sweep();
          bridge?.sweep();
        },
        trim: () => store.trim(clock.now() - config.eventRetentionMs),
      });
      return server.publicUrl;
    },
    async close() {
      housekeeping?.stop();
      const cancel = clock.after(maxDrainMs, () => void regions.close());
      await drain(server, readiness, clock);
      await engine.close();
      // Their limiters write the calls that they granted into the store.
      await connections.close();
      await unknownKeys.idle();
      // As early as this: another process may be waiting for it.
      await store.close();
      cancel();
      await bridge?.close();
      await regions.close();
      await backend.close();
    },
  };
}

function localUrl(address: string, port: number): URL {
  const name = isEveryInterface(address) ? 'localhost' : address.includes(':') ? `[${address}]` : address;
  return new URL(`http://${name}:${port}`);
}
