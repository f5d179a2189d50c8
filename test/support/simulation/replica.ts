import { ConnectionRegistry } from '../../../src/connection/connection-registry.js';
import { UnknownKeys } from '../../../src/connection/unknown-keys.js';
import { Engine } from '../../../src/engine/engine.js';
import type { EngineOptions } from '../../../src/engine/engine-options.js';
import { LocalCallLimiter } from '../../../src/limiter/local-call-limiter.js';
import { PagerDuty } from '../../../src/pagerduty/pagerduty.js';
import type { Upstream } from '../../../src/pagerduty/transport.js';
import type { ManualClock } from '../manual-clock.js';
import { ReplicaStore, type SharedLeases } from '../replica-store.js';
import { OffsetClock } from './offset-clock.js';

/** A cache of the usual size takes longer to make than a short history to play. */
const maxConnections = 100;

/** A key, and the address under which PagerDuty is reached with it: together they name a connection. */
export interface Key {
  readonly key: string;
  readonly address: string;
}

/** What every replica of a world is made of. */
export interface ReplicaOptions extends Omit<EngineOptions, 'store' | 'clock'> {
  readonly truth: ManualClock;
  readonly upstream: Upstream;
}

/** One process of the service, with a clock of its own. It can die and be started again. */
export class Replica {
  readonly clock: OffsetClock;
  readonly store: ReplicaStore;
  engine: Engine;
  /** How often its process had died when its engine was made. */
  deaths = 0;
  readonly #options: ReplicaOptions;
  readonly #connections: ConnectionRegistry;
  readonly #byAddress = new Map<string, PagerDuty>();

  constructor(store: EngineOptions['store'], options: ReplicaOptions, leases?: SharedLeases) {
    this.#options = options;
    this.clock = new OffsetClock(options.truth);
    this.store = new ReplicaStore(store, leases);
    this.engine = this.newEngine();
    this.#connections = new ConnectionRegistry({
      clock: this.clock,
      limit: { calls: 30, windowMs: 60_000 },
      createLimiter: (limiter) => new LocalCallLimiter(limiter),
      unknownKeys: new UnknownKeys({ clock: this.clock }),
      maxConnections,
    });
  }

  /** Another engine on the same store. */
  newEngine(clock: EngineOptions['clock'] = this.clock): Engine {
    const { truth: _, upstream: __, ...options } = this.#options;
    return new Engine({ ...options, maxAccounts: maxConnections, store: this.store.outer, clock });
  }

  restart(): void {
    this.engine = this.newEngine();
  }

  /** Starts its process again if it has died. */
  startIfDead(): void {
    if (this.store.crashed === this.deaths) return;
    this.deaths = this.store.crashed;
    this.restart();
  }

  connection({ key, address }: Key) {
    return this.#connections.open({ scheme: 'Token', key }, this.#pagerDuty(address));
  }

  #pagerDuty(address: string): PagerDuty {
    const known = this.#byAddress.get(address);
    if (known !== undefined) return known;
    const apiUrl = new URL(address);
    const { random, upstream } = this.#options;
    const connect = () => upstream;
    const made = new PagerDuty({
      apiUrl,
      eventsUrl: apiUrl,
      clock: this.clock,
      random,
      report: () => undefined,
      connect,
    });
    this.#byAddress.set(address, made);
    return made;
  }
}
