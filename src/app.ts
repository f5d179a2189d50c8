import { randomUUID } from 'node:crypto';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { systemClock } from './clock/clock.js';
import type { Config } from './config/config.js';
import { ConnectionRegistry } from './connection/connection-registry.js';
import { UnknownKeys } from './connection/key-guard.js';
import { renderDefinition } from './definition/render-definition.js';
import { Engine } from './engine/engine.js';
import { eventKinds } from './engine/events.js';
import { startHousekeeping } from './housekeeping.js';
import { connectWith } from './http/authenticate.js';
import { leave } from './http/leave.js';
import { Readiness } from './http/readiness.js';
import { buildServer } from './http/server.js';
import { openBackend } from './open-backend.js';
import { operations } from './operations/operations.js';
import { OpsgenieBridge } from './opsgenie/opsgenie-bridge.js';
import { openGate } from './pagerduty/call-gate.js';
import { EventSender } from './pagerduty/event-sender.js';
import { PagerDuty } from './pagerduty/pagerduty.js';
import { PagerDutyRegions } from './pagerduty/regions.js';
import { MeasuredStore } from './stores/measured-store.js';
import { Metrics } from './telemetry/metrics.js';
import { engineReport } from './telemetry/poll-report.js';
import { triggers } from './triggers/triggers.js';
import { version } from './version.js';

/** How long requests under way may take to finish once the service is told to stop. */
const drainMs = 7_000;
/** For so long load balancers can notice at `/readyz` that the service stops, while it still takes connections. */
const noticeMs = 2_000;
/** For so long idle connections may carry one request more. */
const leaveMs = 2_500;

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
 * @param signal ends the wait for an embedded store that another process has
 * @throws {Error} if the store cannot be opened
 */
export async function createApp(config: Config, logger: FastifyBaseLogger, signal?: AbortSignal): Promise<App> {
  const clock = systemClock;
  const metrics = new Metrics({ eventKinds });
  const backend = await openBackend(config, { clock, logger, random: Math.random, signal });
  const store = new MeasuredStore(backend.store, {
    monotonicMs: () => performance.now(),
    meterOf: (operation) => metrics.storeOperation(operation),
  });
  metrics.storeInUse(backend.kind);
  const regions = new PagerDutyRegions(
    { apiUrl: config.pagerDutyApiUrl, eventsUrl: config.pagerDutyEventsUrl },
    (urls) =>
      new PagerDuty({
        ...urls,
        clock,
        random: Math.random,
        report: ({ endpoint, outcome, durationMs }) => metrics.upstreamCall(endpoint, outcome, durationMs),
      }),
  );
  const unknownKeys = new UnknownKeys({ clock, report: (event) => metrics.unknownKey(event) });
  const connections = new ConnectionRegistry({
    clock,
    unknownKeys,
    limit: { calls: config.rateLimitCalls, windowMs: config.rateLimitWindowMs },
    createLimiter: backend.createLimiter,
  });
  const engine = new Engine({
    store,
    clock,
    observer: engineReport(logger, metrics),
    newCommitId: () => randomUUID().slice(0, 8),
    pollIntervalMs: config.triggerPollMs,
    retentionMs: config.eventRetentionMs,
    random: Math.random,
  });

  const opsgenie = config.opsgenieBridge
    ? new OpsgenieBridge({
        events: new EventSender(regions.of(undefined).events, openGate),
        eventsUrl: config.pagerDutyEventsUrl,
        clock,
        decided: (decision) => metrics.limiterDecision(decision),
      })
    : undefined;

  const readiness = new Readiness({ clock, checkStore: () => store.check() });
  let publicUrl = config.publicUrl ?? localUrl(config.host, config.port);
  const definition = () => renderDefinition({ operations, triggers, publicUrl, version });
  const server = await buildServer(
    {
      operations,
      triggers,
      connect: connectWith(connections, regions),
      engine,
      metrics,
      version,
      publicUrl: () => publicUrl,
      locationRules: () => ({ publicUrl, gatewayHosts: config.gatewayHosts }),
      definition,
      checkReady: () => readiness.check(),
      store: backend.kind,
      uniqueKey: randomUUID,
      opsgenie,
    },
    { logger, basePath: publicUrl.pathname.replace(/\/$/, '') },
  );

  metrics.read({
    connections: () => connections.size,
    polledConnections: () => engine.polledConnections,
    openSockets: () => new Promise((resolve) => server.server.getConnections((_, count) => resolve(count ?? 0))),
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
        publicUrl = localUrl(config.host, address.port);
      housekeeping = startHousekeeping({
        logger,
        tick: () => engine.tick(),
        sweep: () => {
          const refusals = [...connections.drainRefusals(), ...(opsgenie?.drainRefusals() ?? [])];
          for (const refusal of refusals) logger.info(refusal, 'calls refused in the last minute');
          const turnedAway = unknownKeys.drainTurnedAway();
          if (turnedAway > 0)
            logger.warn({ refused: turnedAway }, 'calls with unknown keys refused in the last minute');
          connections.sweep();
          opsgenie?.sweep();
        },
        trim: () => store.trim(clock.now() - config.eventRetentionMs),
      });
      return publicUrl;
    },
    async close() {
      housekeeping?.stop();
      const cancel = clock.after(drainMs, () => void regions.close());
      if (readiness.leave()) await clock.sleep(noticeMs);
      await leave(server.server, { clock, longestMs: leaveMs });
      // A connection whose request ends after the closing began would be kept alive, and keep the server from closing.
      const closingIdle = setInterval(() => server.server.closeIdleConnections(), 50);
      await server.close();
      clearInterval(closingIdle);
      await engine.close();
      // As early as this: another process may be waiting for it.
      await store.close();
      cancel();
      await connections.close();
      await opsgenie?.close();
      await regions.close();
      await backend.close();
    },
  };
}

function localUrl(host: string, port: number): URL {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return new URL(`http://${name}:${port}`);
}
