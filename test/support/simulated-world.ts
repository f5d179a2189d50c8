import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { createSandbox, type Sandbox } from '../../sandbox/sandbox.js';
import type { Clock } from '../../src/clock/clock.js';
import { ConnectionRegistry } from '../../src/connection/connection-registry.js';
import { UnknownKeys } from '../../src/connection/key-guard.js';
import { Engine } from '../../src/engine/engine.js';
import type { EventStore } from '../../src/engine/event-store.js';
import type { EventFilter } from '../../src/engine/events.js';
import { LocalCallLimiter } from '../../src/limiter/local-call-limiter.js';
import { PagerDuty } from '../../src/pagerduty/pagerduty.js';
import { SqliteStore } from '../../src/stores/sqlite-store.js';
import { ManualClock } from './manual-clock.js';
import { ReplicaStore, SharedLeases } from './replica-store.js';
import { SimulatedHost } from './simulated-host.js';
import { type Fault, faults, SimulatedUpstream } from './simulated-upstream.js';

/** Every account is polled this often. */
export const intervalMs = 30_000;

/** A SQLite store in a folder of its own, until the test ends. Its leases go by the clock. */
export function temporaryStore(t: { teardown(close: () => unknown): void }, clock = new ManualClock()): SqliteStore {
  const folder = mkdtempSync(join(tmpdir(), 'connector-engine-'));
  const store = new SqliteStore(folder, { clock, onSpoilt: () => undefined });
  t.teardown(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return store;
}

const users = ['PUSER01', 'PUSER02', 'PUSER03', 'PUSER04', 'PUSER05'];
const user = fc.constantFrom(...users);
const incident = fc.nat({ max: 12 });
const replica = fc.nat({ max: 5 });
/** One thing that happens in a history. */
export const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('trigger' as const), count: fc.constantFrom(1, 1, 1, 2, 5, 120) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom('acknowledge', 'resolve', 'unacknowledge', 'reopen'), incident, user }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('assign' as const),
      incident,
      users: fc.uniqueArray(user, { minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('note' as const), incident, user }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('merge' as const), incident, other: incident }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('escalate' as const),
      incident,
      policyId: fc.constantFrom('PPOLTWO', 'PPOLPAY'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('snooze' as const), incident, seconds: fc.integer({ min: 1, max: 300 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('wait' as const), seconds: fc.constantFrom(1, 5, 29, 30, 31, 60, 200) }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('poll' as const), host: fc.nat({ max: 7 }), replica }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('join' as const), kind: fc.nat({ max: 4 }), incident, user, replica }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('tick' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('stall' as const), replica }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('resume' as const), replica }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('replay' as const),
      host: fc.nat({ max: 7 }),
      from: fc.nat({ max: 9 }),
      replica,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('fault' as const),
      fault: fc.constantFrom<Fault[]>(...faults),
      count: fc.constantFrom(1, 3, 4),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('late' as const),
      actions: fc.constantFrom(1, 3),
      seconds: fc.constantFrom(2, 20, 90),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const), replica }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('crash' as const),
      when: fc.constantFrom('before the commit' as const, 'after the commit' as const),
      replica,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('outage' as const), minutes: fc.constantFrom(3, 61) }) },
);
export type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

interface Replica {
  readonly store: ReplicaStore;
  engine: Engine;
  /** How often its process had died when its engine was made. */
  deaths: number;
}

/** One account, a service of one replica or several that restart, crash and stall, several hosts. */
export class World {
  readonly clock = new ManualClock();
  readonly sandbox: Sandbox = createSandbox({ clock: this.clock });
  readonly upstream = new SimulatedUpstream(this.sandbox);
  readonly replicas: readonly Replica[];
  readonly observed = { polls: 0, failed: 0, restarted: 0, recovered: 0, replays: 0 };
  readonly hosts: SimulatedHost[] = [];
  readonly #connections: ConnectionRegistry;
  readonly #pagerDuty: PagerDuty;
  readonly #key: string;
  /** Hosts whose poll waits in a replica that is stalled. */
  readonly #waiting = new Map<SimulatedHost, Promise<void>>();
  #commitIds = 0;

  constructor(store: EventStore, run: number, kind: 'account' | 'no-log-entries' = 'account', replicas = 1) {
    // A key of its own gives each history its own log in the one store.
    this.#key = `y_History${run}`;
    this.sandbox.account.addApiKey({ key: this.#key, name: this.#key, kind, userId: null });
    const apiUrl = new URL('http://sandbox.invalid');
    this.#pagerDuty = new PagerDuty({
      apiUrl,
      eventsUrl: apiUrl,
      clock: this.clock,
      random: () => 0.5,
      report: () => undefined,
      connect: () => this.upstream,
    });
    this.#connections = new ConnectionRegistry({
      clock: this.clock,
      limit: { calls: 30, windowMs: 60_000 },
      createLimiter: (options) => new LocalCallLimiter(options),
      unknownKeys: new UnknownKeys({ clock: this.clock }),
    });
    this.sandbox.account.settings.rateLimitPerMinute = 1_000_000;
    const leases = new SharedLeases(() => this.clock.monotonic(), replicas > 1 ? 500 : 0);
    this.replicas = Array.from({ length: replicas }, () => {
      const replicaStore = new ReplicaStore(store, leases);
      return { store: replicaStore, engine: this.#newEngine(replicaStore), deaths: 0 };
    });
  }

  get #first(): Replica {
    return this.replicaAt(0);
  }

  get engine(): Engine {
    return this.#first.engine;
  }

  get store(): ReplicaStore {
    return this.#first.store;
  }

  /** How often a process died. */
  get crashed(): number {
    return this.replicas.reduce((sum, { store }) => sum + store.crashed, 0);
  }

  /** The first replica's process is started anew. */
  restart(): void {
    this.#first.engine = this.#newEngine(this.#first.store);
  }

  /** Another engine on the store of a replica, with a clock of its own if one is given. */
  newEngine(index = 0, clock: Clock = this.clock): Engine {
    return this.#newEngine(this.replicaAt(index).store, clock);
  }

  replicaAt(index: number): Replica {
    const replica = this.replicas[index % this.replicas.length];
    if (replica === undefined) throw new Error('There is no replica.');
    return replica;
  }

  #newEngine(store: ReplicaStore, clock: Clock = this.clock): Engine {
    return new Engine({
      store,
      clock,
      observer: {
        polled: ({ failure }) => {
          this.observed.polls += 1;
          if (failure !== undefined) this.observed.failed += 1;
        },
        restarted: () => {
          this.observed.restarted += 1;
        },
        recovered: () => {
          this.observed.recovered += 1;
        },
      },
      newCommitId: () => this.#nextCommitId(),
      random: () => 0.5,
      pollIntervalMs: intervalMs,
      retentionMs: 168 * 3_600_000,
    });
  }

  #nextCommitId(): string {
    this.#commitIds += 1;
    return `m${this.#commitIds}`;
  }

  get connection() {
    return this.#connections.open({ scheme: 'Token', key: this.#key }, this.#pagerDuty);
  }

  async play(steps: readonly Step[]): Promise<void> {
    for (const one of steps) {
      await this.#playOne(one);
      this.#startTheDead();
    }
  }

  async #playOne(one: Step): Promise<void> {
    const ids = this.sandbox.account.incidents.map(({ id }) => id);
    const idAt = (index: number) => ids[index % Math.max(1, ids.length)];
    switch (one.do) {
      case 'trigger':
        return this.control('/incidents', { title: 'Broken', count: one.count, serviceId: 'PSVCPAY' });
      case 'acknowledge':
      case 'resolve':
      case 'unacknowledge':
      case 'reopen':
        return this.#act(idAt(one.incident), one.do, { userId: one.user });
      case 'assign':
        return this.#act(idAt(one.incident), 'assign', { userIds: one.users });
      case 'note':
        return this.#act(idAt(one.incident), 'note', { userId: one.user, content: 'Looking' });
      case 'merge':
        return this.#act(idAt(one.incident), 'merge', { sourceIds: [idAt(one.other)] });
      case 'escalate':
        return this.#act(idAt(one.incident), 'escalate', { policyId: one.policyId });
      case 'snooze':
        return this.#act(idAt(one.incident), 'snooze', { seconds: one.seconds });
      case 'late':
        return this.control('/late-entries', { actions: one.actions, seconds: one.seconds });
      case 'wait':
        return this.clock.advance(one.seconds * 1000);
      case 'fault':
        this.upstream.pending.push(...Array.from({ length: one.count }, () => one.fault));
        return;
      case 'join': {
        const filters: EventFilter[] = [
          { kind: 'created' },
          { kind: 'acknowledged' },
          { kind: 'resolved' },
          { kind: 'assigned', subject: one.user },
          { kind: 'noted', subject: idAt(one.incident) ?? 'PNONE' },
        ];
        const filter = filters[one.kind];
        if (filter === undefined || this.hosts.length >= 8) return;
        const host = new SimulatedHost(filter);
        this.hosts.push(host);
        return this.poll(host, one.replica);
      }
      case 'poll': {
        const host = this.hosts[one.host % Math.max(1, this.hosts.length)];
        return host === undefined ? undefined : this.poll(host, one.replica);
      }
      case 'tick':
        for (const { engine } of this.replicas) engine.tick();
        for (let turn = 0; turn < 30; turn += 1) await this.drive(new Promise((resolve) => setImmediate(resolve)));
        return;
      case 'replay': {
        const host = this.hosts[one.host % Math.max(1, this.hosts.length)];
        return host === undefined ? undefined : this.#replay(host, one.from, one.replica);
      }
      case 'restart': {
        const replica = this.replicaAt(one.replica);
        replica.engine = this.#newEngine(replica.store);
        return;
      }
      case 'crash':
        this.replicaAt(one.replica).store.crash = one.when;
        return;
      case 'stall':
        this.replicaAt(one.replica).store.stall = true;
        return;
      case 'resume':
        return this.#resume(this.replicaAt(one.replica));
      case 'outage':
        this.upstream.isDown = true;
        if (this.hosts[0] !== undefined) await this.poll(this.hosts[0]);
        await this.clock.advance(one.minutes * 60_000);
        this.upstream.isDown = false;
        return;
    }
  }

  /** Lets everything heal and every host read to the end. */
  async end(): Promise<void> {
    this.upstream.pending.length = 0;
    for (const replica of this.replicas) {
      replica.store.crash = undefined;
      replica.store.stall = false;
      await this.#resume(replica);
    }
    for (let round = 0; round < 8 * this.replicas.length; round += 1) {
      await this.clock.advance(301_000);
      for (const [index, host] of this.hosts.entries()) await this.poll(host, round + index);
    }
  }

  /** A host polls a replica. If that stalls meanwhile, the host waits, and the world goes on. */
  async poll(host: SimulatedHost, index = 0): Promise<void> {
    if (this.#waiting.has(host)) return;
    const { engine } = this.replicaAt(index);
    const polling = host
      .poll(engine, this.connection, () => this.#pagerDutyNow())
      .finally(() => this.#waiting.delete(host));
    this.#waiting.set(host, polling);
    await this.drive(polling);
    this.#startTheDead();
  }

  async #resume({ store }: Replica): Promise<void> {
    store.resume();
    await this.drive(Promise.all(this.#waiting.values()));
  }

  #startTheDead(): void {
    for (const replica of this.replicas) {
      if (replica.store.crashed === replica.deaths) continue;
      replica.deaths = replica.store.crashed;
      replica.engine = this.#newEngine(replica.store);
    }
  }

  async #replay(host: SimulatedHost, from: number, index: number): Promise<void> {
    const start = host.states[from];
    if (this.#waiting.has(host) || this.replicaAt(index).store.isStalled) return;
    const before = host.received.length;
    const again = await this.drive(host.replay(this.replicaAt(index).engine, this.connection, from));
    if (again === undefined || start === undefined) return;
    this.observed.replays += 1;
    const then = host.received.slice(start.received, before);
    assert.deepEqual(again.slice(0, then.length), then, 'an old state gets the same events again');
  }

  /** Lets the clock run while the service waits for it. Gives up waiting while a replica is stalled. */
  async drive<T>(work: Promise<T>): Promise<T | undefined> {
    let done = false;
    const finished = work.finally(() => {
      done = true;
    });
    finished.catch(() => undefined);
    for (let turn = 0; !done; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      if (!done && this.clock.sleeping > 0 && turn > 20) await this.clock.advance(250);
      if (!done && turn > 60 && this.replicas.some(({ store }) => store.isStalled)) return undefined;
    }
    return finished;
  }

  #pagerDutyNow(): number {
    return Math.floor(this.clock.now() / 1000) * 1000;
  }

  async #act(id: string | undefined, action: string, body: object): Promise<void> {
    if (id !== undefined) await this.control(`/incidents/${id}/${action}`, body);
  }

  /** What PagerDuty refuses is no part of the history. */
  async control(path: string, body: object): Promise<void> {
    await this.sandbox.app.inject({ method: 'POST', url: `/_sandbox${path}`, payload: JSON.stringify(body) });
  }
}
