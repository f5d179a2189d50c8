import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { ConnectionRegistry } from '../../src/connection/connection-registry.js';
import { Engine } from '../../src/engine/engine.js';
import type { Commit, EventStore } from '../../src/engine/event-store.js';
import { PagerDuty } from '../../src/pagerduty/pagerduty.js';
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.js';
import { SqliteStore } from '../../src/stores/sqlite-store.js';
import type { Watch } from '../../src/triggers/watch.js';
import { ManualClock } from './manual-clock.js';
import { SimulatedHost } from './simulated-host.js';
import { type Fault, faults, SimulatedUpstream } from './simulated-upstream.js';

/** Every account is polled this often. */
export const intervalMs = 30_000;

/** A SQLite store in a folder of its own, until the test ends. */
export function temporaryStore(t: { teardown(close: () => unknown): void }): SqliteStore {
  const folder = mkdtempSync(join(tmpdir(), 'connector-engine-'));
  const store = new SqliteStore(folder);
  t.teardown(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return store;
}

const users = ['PUSER01', 'PUSER02', 'PUSER03', 'PUSER04', 'PUSER05'];
const user = fc.constantFrom(...users);
const incident = fc.nat({ max: 12 });
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
  { weight: 8, arbitrary: fc.record({ do: fc.constant('poll' as const), host: fc.nat({ max: 7 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('join' as const), kind: fc.nat({ max: 4 }), incident, user }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('replay' as const), host: fc.nat({ max: 7 }), from: fc.nat({ max: 9 }) }),
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
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('crash' as const),
      when: fc.constantFrom('before the commit', 'after the commit'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('outage' as const), minutes: fc.constantFrom(3, 61) }) },
);
export type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** A store whose process dies around one commit. */
export class CrashingStore implements EventStore {
  crash: 'before the commit' | 'after the commit' | undefined;
  crashed = 0;
  constructor(public inner: EventStore) {}
  load = (connection: string) => this.inner.load(connection);
  read: EventStore['read'] = (connection, query) => this.inner.read(connection, query);
  holds: EventStore['holds'] = (connection, position) => this.inner.holds(connection, position);
  trim = (beforeMs: number) => this.inner.trim(beforeMs);
  check = () => this.inner.check();
  close = () => this.inner.close();
  async commit(connection: string, commit: Commit) {
    const { crash } = this;
    this.crash = undefined;
    if (crash === 'before the commit') this.#die();
    const committed = await this.inner.commit(connection, commit);
    if (crash === 'after the commit') this.#die();
    return committed;
  }
  #die(): never {
    this.crashed += 1;
    throw new Error('killed');
  }
}

/** One account, one service that restarts and crashes, several hosts. */
export class World {
  readonly clock = new ManualClock();
  readonly sandbox: Sandbox = createSandbox({ clock: this.clock });
  readonly upstream = new SimulatedUpstream(this.sandbox);
  readonly store: CrashingStore;
  readonly observed = { polls: 0, failed: 0, restarted: 0, recovered: 0, replays: 0 };
  readonly hosts: SimulatedHost[] = [];
  readonly #connections: ConnectionRegistry;
  readonly #pagerDuty: PagerDuty;
  readonly #key: string;
  engine: Engine;
  #marks = 0;

  constructor(store: EventStore, run: number, kind: 'account' | 'no-log-entries' = 'account') {
    this.store = new CrashingStore(store);
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
    });
    this.sandbox.account.settings.rateLimitPerMinute = 1_000_000;
    this.engine = this.newEngine();
  }

  newEngine(): Engine {
    return new Engine({
      store: this.store,
      clock: this.clock,
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
      uniqueMark: () => this.#newMark(),
      random: () => 0.5,
      pollIntervalMs: intervalMs,
      retentionMs: 168 * 3_600_000,
    });
  }

  #newMark(): string {
    this.#marks += 1;
    return `m${this.#marks}`;
  }

  get connection() {
    return this.#connections.open({ scheme: 'Token', key: this.#key }, this.#pagerDuty);
  }

  async play(steps: readonly Step[]): Promise<void> {
    for (const one of steps) await this.#playOne(one);
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
        const watches: Watch[] = [
          { kind: 'created' },
          { kind: 'acknowledged' },
          { kind: 'resolved' },
          { kind: 'assigned', subject: one.user },
          { kind: 'noted', subject: idAt(one.incident) ?? 'PNONE' },
        ];
        const watch = watches[one.kind];
        if (watch === undefined || this.hosts.length >= 8) return;
        const host = new SimulatedHost(watch);
        this.hosts.push(host);
        return this.poll(host);
      }
      case 'poll': {
        const host = this.hosts[one.host % Math.max(1, this.hosts.length)];
        return host === undefined ? undefined : this.poll(host);
      }
      case 'replay': {
        const host = this.hosts[one.host % Math.max(1, this.hosts.length)];
        return host === undefined ? undefined : this.#replay(host, one.from);
      }
      case 'restart':
        this.engine = this.newEngine();
        return;
      case 'crash': {
        this.store.crash = one.when === 'before the commit' ? 'before the commit' : 'after the commit';
        return;
      }
      case 'outage':
        this.upstream.isDown = true;
        await this.drive(
          this.hosts[0]?.poll(this.engine, this.connection, () => this.#pagerDutyNow()) ?? Promise.resolve(),
        );
        await this.clock.advance(one.minutes * 60_000);
        this.upstream.isDown = false;
        return;
    }
  }

  /** Lets everything heal and every host read to the end. */
  async end(): Promise<void> {
    this.upstream.pending.length = 0;
    this.store.crash = undefined;
    for (let round = 0; round < 8; round += 1) {
      await this.clock.advance(301_000);
      for (const host of this.hosts) await this.poll(host);
    }
  }

  async poll(host: SimulatedHost): Promise<void> {
    const crashed = this.store.crashed;
    await this.drive(host.poll(this.engine, this.connection, () => this.#pagerDutyNow()));
    if (this.store.crashed > crashed) this.engine = this.newEngine();
  }

  async #replay(host: SimulatedHost, from: number): Promise<void> {
    const start = host.states[from];
    const before = host.received.length;
    const again = await this.drive(host.replay(this.engine, this.connection, from));
    if (again === undefined || start === undefined) return;
    this.observed.replays += 1;
    const then = host.received.slice(start.received, before);
    assert.deepEqual(again.slice(0, then.length), then, 'an old state gets the same events again');
  }

  /** Lets the clock run while the service waits for it. */
  async drive<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const finished = work.finally(() => {
      done = true;
    });
    for (let turn = 0; !done; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      if (!done && this.clock.sleeping > 0 && turn > 20) await this.clock.advance(250);
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
