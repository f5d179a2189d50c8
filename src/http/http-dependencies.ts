import type { FastifyRequest } from 'fastify';
import type { Connection } from '../connection/connection.js';
import type { Definition } from '../definition/render-definition.js';
import type { Engine } from '../engine/engine.js';
import type { Operation } from '../operations/operation.js';
import type { OpsgenieBridge } from '../opsgenie/opsgenie-bridge.js';
import type { Metrics } from '../telemetry/metrics.js';
import type { Trigger } from '../triggers/trigger.js';
import type { LocationRules } from './location.js';

/** What the routes work with. */
export interface HttpDependencies {
  readonly operations: readonly Operation[];
  readonly triggers: readonly Trigger[];
  /** The connection of the request's key. @throws {ServiceError} 401 where there is none */
  readonly connect: (request: FastifyRequest) => Connection;
  readonly engine: Engine;
  readonly metrics: Metrics;
  /** The service's own version. */
  readonly version: string;
  /** Where hosts reach the service; known for certain once it listens. */
  readonly publicUrl: () => URL;
  /** Where the next poll of a trigger may be sent to. */
  readonly locationRules: () => LocationRules;
  readonly definition: () => Definition;
  /** Rejects with the reason while the service cannot do its work. */
  readonly checkReady: () => Promise<void>;
  /** Which store is in use, for operators. */
  readonly store: 'sqlite' | 'redis';
  readonly uniqueKey: () => string;
  /** Opsgenie's Alert API, if the service offers it. */
  readonly opsgenie: OpsgenieBridge | undefined;
}
