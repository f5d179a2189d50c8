import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sandbox } from '../../sandbox/sandbox.js';
import type { Clock } from '../../src/clock/clock.js';
import type { Engine, PollAnswer } from '../../src/engine/engine.js';
import type { EngineObserver } from '../../src/engine/engine-options.js';
import type { EventStore } from '../../src/engine/event-store.js';
import { SqliteStore } from '../../src/stores/sqlite-store.js';
import { ManualClock } from './manual-clock.js';
import { type ReplicaStore, SharedLeases } from './replica-store.js';
import type { Registration, SimulatedHost } from './simulated-host.js';
import { type Act, actIn } from './simulation/account-acts.js';
import type { AccountLedger, RecordedEntry } from './simulation/account-ledger.js';
import { Repeats } from './simulation/repeats.js';
import { type Key, Replica } from './simulation/replica.js';
import { SimulatedPagerDuty } from './simulation/simulated-pagerduty.js';

/** Every account is polled this often. */
export const intervalMs = 30_000;
const address = 'http://sandbox.invalid';

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

/** Where the logs are, if that can be lost. */
export interface LosableData {
  /** Loses everything. */
  lose(): Promise<unknown>;
  /** Keeps a copy. */
  copy(): Promise<unknown>;
  /** Brings the copy back in place of what there is now. @returns false if there is none */
  goBack(): Promise<boolean>;
}

/** Whether a key may read log entries. */
export type KeyKind = 'account' | 'no-log-entries';

/** What differs from world to world. */
export interface WorldOptions {
  readonly pollIntervalMs?: number;
  readonly retentionMs?: number;
  readonly data?: LosableData | undefined;
}

/** PagerDuty with its accounts, a service of one replica or several that restart, crash and stall, several hosts. */
export class World {
  /** The truth. What somebody takes for the time is in the clocks of PagerDuty and the replicas. */
  readonly clock = new ManualClock();
  readonly startedAtMs = this.clock.monotonic();
  readonly upstream = new SimulatedPagerDuty(this.clock);
  readonly leases: SharedLeases | undefined;
  readonly replicas: readonly Replica[];
  readonly observed = { polls: 0, failed: 0, restarted: 0, recovered: 0, replays: 0 };
  readonly hosts: SimulatedHost[] = [];
  /** What hosts may use. The first two hosts of a world need not use the same. */
  readonly keys: Key[] = [];
  /** What has happened, a line for each thing, for whoever looks for the reason of a failure. */
  readonly trace: { readonly seconds: number; readonly line: string; times: number }[] = [];
  /** How long a host has waited for an answer, in true time: not the first of a connection, nor for its registration. */
  maxAnswerMs = 0;
  /** When all healed; infinite before. */
  healedAtMs = Number.POSITIVE_INFINITY;
  readonly pollIntervalMs: number;
  readonly retentionMs: number;
  /** What hosts may get again. */
  readonly repeats = new Repeats();
  /** How often the logs were lost, or became older. */
  losses = 0;
  readonly data: LosableData | undefined;
  readonly #name: string;
  /** Connections that have answered a host: they have a log. */
  readonly #begun = new Set<string>();
  /** Hosts whose poll waits in a replica that is stalled. */
  readonly #waiting = new Map<SimulatedHost, Promise<void>>();
  #commitIds = 0;

  /** @param run another one for each world on a store */
  constructor(store: EventStore, run: number, kind: KeyKind = 'account', replicas = 1, options: WorldOptions = {}) {
    const { pollIntervalMs = intervalMs, retentionMs = 168 * 3_600_000 } = options;
    this.pollIntervalMs = pollIntervalMs;
    this.retentionMs = retentionMs;
    this.data = options.data;
    // A key of its own gives each history its own log in the one store.
    this.#name = `y_History${run}`;
    this.addKey({ kind });
    this.leases = new SharedLeases(() => this.clock.monotonic(), replicas > 1 ? 500 : 0);
    this.replicas = Array.from({ length: replicas }, (_, index) => {
      const made = {
        truth: this.clock,
        upstream: this.upstream,
        observer: this.#observer(index),
        newCommitId: () => this.#nextCommitId(),
        random: () => 0.5,
        pollIntervalMs,
        retentionMs,
      };
      return new Replica(store, made, this.leases);
    });
  }

  /** Lets an account have one more key, and gives its number. */
  addKey({
    kind = 'account',
    account = 0,
    at = address,
  }: {
    kind?: KeyKind;
    account?: number;
    at?: string;
  } = {}): number {
    const number = this.keys.length;
    const key = number === 0 ? this.#name : `${this.#name}Key${number}`;
    this.upstream.accounts[account]?.sandbox.account.addApiKey({ key, name: key, kind, userId: null });
    return this.keys.push({ key, address: at }) - 1;
  }

  get sandbox(): Sandbox {
    return this.#account(0).sandbox;
  }

  get engine(): Engine {
    return this.replicaAt(0).engine;
  }

  get store(): ReplicaStore {
    return this.replicaAt(0).store;
  }

  /** The first key's connection, as the first replica has it. */
  get connection() {
    return this.replicaAt(0).connection(this.keyAt(0));
  }

  /** How often a process died. */
  get crashed(): number {
    return this.replicas.reduce((sum, { store }) => sum + store.crashed, 0);
  }

  keyAt(number: number): Key {
    const key = this.keys[number % this.keys.length];
    if (key === undefined) throw new Error('There is no key.');
    return key;
  }

  replicaAt(index: number): Replica {
    const replica = this.replicas[index % this.replicas.length];
    if (replica === undefined) throw new Error('There is no replica.');
    return replica;
  }

  /** In which of PagerDuty's accounts a host is. */
  accountOf(host: SimulatedHost): number {
    const { key } = this.keyAt(host.key);
    return this.upstream.accounts.findIndex(({ sandbox }) => sandbox.account.apiKey(key) !== undefined);
  }

  isRevoked(key: number): boolean {
    return this.upstream.revokedKeys.has(this.keyAt(key).key);
  }

  /** A host goes on with another key, of this account or another one; not while it waits for an answer. */
  moveTo(host: SimulatedHost, key: number): void {
    if (host.key === key || this.#waiting.has(host)) return;
    const ledger = this.ledger(this.accountOf(host));
    ledger.settle();
    const left = ledger.items.length;
    this.repeats.before(this, host);
    host.key = key;
    host.moved(this.accountOf(host), left);
  }

  /** All logs are lost, or what is in them since a copy was made, under the processes that run. */
  async loseLogs(what: 'everything' | 'since the copy'): Promise<void> {
    if (this.data === undefined) return;
    const isLost = what === 'everything' ? await this.data.lose().then(() => true) : await this.data.goBack();
    if (isLost) this.#logsAreLost();
  }

  /** A replica removes what it takes for old: it may be what was just learned. */
  async trim(index: number): Promise<void> {
    const { clock, store } = this.replicaAt(index);
    await store.trim(clock.now() - this.retentionMs);
    this.#logsAreLost();
  }

  #logsAreLost(): void {
    this.losses += 1;
    for (const host of this.hosts) this.repeats.before(this, host);
    this.#begun.clear();
  }

  ledger(account = 0): AccountLedger {
    return this.#account(account).ledger;
  }

  /** The first replica's process is started anew. */
  restart(): void {
    this.replicaAt(0).restart();
  }

  /** Another engine on the store of a replica, with a clock of its own if one is given. */
  newEngine(index = 0, clock?: Clock): Engine {
    return this.replicaAt(index).newEngine(clock);
  }

  /** Something happens in an account. */
  act(act: Act, account = 0): void {
    actIn(this.ledger(account), act);
  }

  /** Something happens by the sandbox's control API. What PagerDuty refuses is no part of the history. */
  async control(path: string, body: object): Promise<void> {
    this.ledger().settle();
    await this.sandbox.app.inject({ method: 'POST', url: `/_sandbox${path}`, payload: JSON.stringify(body) });
    this.ledger().sync();
  }

  /** A host polls a replica. If that stalls meanwhile, the host waits, and the world goes on. */
  async poll(host: SimulatedHost, index = 0): Promise<void> {
    if (this.#waiting.has(host)) return;
    const replica = this.replicaAt(index);
    const register = this.#registering(host);
    const polling = host
      .poll((state) => this.#ask(host, replica, state), register)
      .finally(() => this.#waiting.delete(host));
    this.#waiting.set(host, polling);
    await this.drive(polling);
    replica.startIfDead();
  }

  /** A host comes with a state that it had long ago: it gets the same events again. */
  async replay(host: SimulatedHost, from: number, index: number): Promise<void> {
    const start = host.states[from];
    const replica = this.replicaAt(index);
    // What is read again after a loss is not the log that it was.
    if (this.losses > 0 || this.#waiting.has(host) || replica.store.isStalled) return;
    const before = host.received.length;
    const again = await this.drive(host.replay(replica.engine, replica.connection(this.keyAt(host.key)), from));
    if (again === undefined || start === undefined) return;
    this.observed.replays += 1;
    const then = host.received.slice(start.received, before);
    assert.deepEqual(again.slice(0, then.length), then, 'an old state gets the same events again');
  }

  /** Lets what goes on in the background come to its end: here nothing does that would not by itself. */
  async settle(): Promise<void> {}

  /** The background polls that are due begin. */
  async tick(): Promise<void> {
    for (const { engine } of this.replicas) engine.tick();
    for (let turn = 0; turn < 30; turn += 1) await this.drive(new Promise((resolve) => setImmediate(resolve)));
  }

  async resume({ store }: Replica): Promise<void> {
    store.resume();
    await this.drive(Promise.all(this.#waiting.values()));
  }

  /** What goes wrong comes to an end: PagerDuty answers and shows everything, and all processes run. Clocks stay as they are. */
  async heal(): Promise<void> {
    this.upstream.heal();
    this.healedAtMs = this.clock.monotonic();
    for (const replica of this.replicas) {
      replica.store.crash = undefined;
      replica.store.stall = false;
      await this.resume(replica);
      replica.startIfDead();
    }
    const last = this.keys.length - 1;
    for (const host of this.hosts) if (this.isRevoked(host.key)) this.moveTo(host, last);
    this.note('all has healed');
  }

  /** An interval goes by, and every host polls, each time another replica. */
  async round(number: number): Promise<void> {
    await this.clock.advance(this.pollIntervalMs);
    for (const [index, host] of this.hosts.entries()) await this.poll(host, number + index);
  }

  /** Takes a line down for whoever looks for the reason of a failure; the same again is counted. */
  note(line: string): void {
    const seconds = (this.clock.monotonic() - this.startedAtMs) / 1000;
    const last = this.trace.at(-1);
    if (last?.line === line) last.times += 1;
    else this.trace.push({ seconds, line, times: 1 });
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

  async #ask(host: SimulatedHost, replica: Replica, state: string | undefined): Promise<PollAnswer | undefined> {
    const connection = replica.connection(this.keyAt(host.key));
    // A host that registers waits for what PagerDuty shows.
    const isFirst = state === undefined || !this.#begun.has(connection.id);
    const startedAtMs = this.clock.monotonic();
    const who = `host ${this.hosts.indexOf(host)} (${host.filter.kind} ${host.filter.subject ?? ''}) at ${this.replicas.indexOf(replica)}`;
    try {
      const answer = await replica.engine.poll(connection, host.filter, state);
      this.#begun.add(connection.id);
      if (state === undefined) this.note(`${who} is registered`);
      else if (answer.payloads.length > 0) this.note(`${who} gets ${answer.payloads.length}`);
      return answer;
    } catch (error) {
      this.note(`${who} gets no answer: ${error instanceof Error ? error.message : ''}`);
      return undefined;
    } finally {
      if (!isFirst) this.maxAnswerMs = Math.max(this.maxAnswerMs, this.clock.monotonic() - startedAtMs);
    }
  }

  /** What a host's registration finds that begins now; to be called when it is answered. */
  #registering(host: SimulatedHost): () => Registration {
    const account = this.accountOf(host);
    const ledger = this.ledger(account);
    ledger.settle();
    const recordedBefore = ledger.items.length;
    const atMs = this.clock.monotonic();
    const isBlind = this.upstream.refusals.isRefused('/log_entries');
    const shown = host.isRegistered ? [] : ledger.visibleEntries();
    const newestStampMs = newestOf(shown);
    const wasShown = shown.filter(({ visibleAtMs }) => visibleAtMs <= atMs - this.pollIntervalMs);
    // What is dated later than clocks say does not count.
    const readStampMs = Math.min(newestOf(wasShown), Math.max(...this.replicas.map(({ clock }) => clock.now())));
    return () => ({
      account,
      recordedBefore,
      recordedAfter: ledger.items.length,
      atMs,
      isBlind,
      newestStampMs,
      readStampMs,
      recordedWhenLeft: undefined,
      received: [],
    });
  }

  #observer(index: number): EngineObserver {
    return {
      canary: () => {},
      clocksDiffer: () => {},
      polled: ({ failure, findings }) => {
        this.observed.polls += 1;
        if (failure !== undefined) this.observed.failed += 1;
        const how = failure instanceof Error ? `failed: ${failure.message}` : `ok, ${findings?.kinds.length ?? 0} new`;
        this.note(`replica ${index} polled: ${how}`);
      },
      restarted: ({ reason }) => {
        this.observed.restarted += 1;
        this.note(`replica ${index} lets a host start from now: ${reason}`);
      },
      recovered: ({ readBackMs }) => {
        this.observed.recovered += 1;
        this.note(`replica ${index} reads back ${readBackMs / 1000} s for a host`);
      },
    };
  }

  #nextCommitId(): string {
    this.#commitIds += 1;
    return `m${this.#commitIds}`;
  }

  #account(number: number) {
    const account = this.upstream.accounts[number];
    if (account === undefined) throw new Error('There is no such account.');
    return account;
  }
}

function newestOf(entries: readonly RecordedEntry[]): number {
  return entries.reduce((newest, { entry }) => Math.max(newest, entry.atMs), Number.NEGATIVE_INFINITY);
}
