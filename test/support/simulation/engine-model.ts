import { pageFor, resolveCursor } from '../../../src/engine/answer-host.js';
import { connectionPrefixOf, decodeCursor, encodeCursor } from '../../../src/engine/cursor.js';
import { candidates, keysOf, knownAfter, loggedEvent, newsOf } from '../../../src/engine/diff.js';
import type { LogPage, LogPosition } from '../../../src/engine/event-store.js';
import { type LoggedEvent, type ObservedEvent, type Source, timestamp } from '../../../src/engine/events.js';
import { Frontier } from '../../../src/engine/frontier.js';
import { givenOf } from '../../../src/engine/given.js';
import {
  afterRead,
  afterRefusal,
  afterTimeline,
  beginPoll,
  beginSweeps,
  initialPollState,
  isTimelineGone,
  type PollState,
  readToMs,
  requestBackfill,
  tipStart,
} from '../../../src/engine/poll-state.js';
import { listEvents } from '../../../src/engine/read-lists.js';
import { timelineEvents } from '../../../src/engine/read-timeline.js';
import { behindShown, shownOf } from '../../../src/engine/shown.js';
import { frontierMs, type Snapshot, type SnapshotHeader } from '../../../src/engine/snapshot.js';

/*
 * Every order of few actions. What decides is the product's own: what is news, how frontiers move, when sweeps begin,
 * from which position hosts go on. The few lines around that, which read, write and pass on, are written out here
 * without waiting for anything, so that hundreds of thousands of steps can be taken.
 */

const unitMs = 30_000;
const originMs = Date.parse('2026-01-05T09:00:00Z');
const retentionMs = 168 * 3_600_000;
const timelineOverlapMs = 300_000;
const idleCommitMs = 600_000;
const connectionIds = ['aaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbb'];

/** An event of the account: when it happens, when PagerDuty shows it, and the observed event that each source gives. */
interface AccountEvent {
  readonly at: number;
  readonly shownAt: number;
  readonly timeline: ObservedEvent;
  readonly plain: ObservedEvent;
  readonly lists: ObservedEvent;
}

interface Log {
  readonly commitId: string;
  readonly floorId: string;
  readonly events: readonly (LoggedEvent & { readonly commitId: string })[];
  readonly snapshot: Snapshot;
}

/** What a process knows of one connection. */
interface Memory {
  readonly commitId: string | undefined;
  readonly snapshot: Snapshot | undefined;
  readonly stored: Snapshot | undefined;
  readonly committedAt: number;
  readonly state: PollState;
  readonly presentReadAt: number;
  readonly nextPollAt: number;
}

interface Host {
  readonly key: number;
  readonly state: string | undefined;
  /** How much had happened when it was registered, and what of it PagerDuty showed already an interval earlier. */
  readonly before: number;
  readonly shown: readonly number[];
  readonly got: readonly number[];
}

export interface World {
  now: number;
  commits: number;
  accountEvents: readonly AccountEvent[];
  isRefused: boolean;
  logs: (Log | undefined)[];
  leases: number[];
  memories: Memory[];
  hosts: Host[];
  /** How often each trouble may still come. */
  left: { crash: number; loss: number; refusal: number; key: number; lostAnswer: number };
}

const ms = (time: number) => originMs + time * unitMs;

function accountEvent(index: number, at: number, shownAt: number): AccountEvent {
  const incident = { id: `P${index}`, type: 'incident', status: 'acknowledged', incident_number: index };
  const entry = { id: `R${index}`, type: 'acknowledge_log_entry', agent: { id: 'U1' }, incident };
  const named = (withListKeys: boolean) => timelineEvents([{ entry, atMs: ms(at) }], { withListKeys });
  const acknowledgements = [{ at: timestamp(ms(at)), acknowledger: { id: 'U1' } }];
  const [timeline] = named(true);
  const [plain] = named(false);
  const [lists] = listEvents([{ ...incident, acknowledgements }]);
  if (timeline === undefined || plain === undefined || lists === undefined) throw new Error('each source tells of it');
  return { at, shownAt, timeline, plain, lists };
}

function forgotten(): Memory {
  return {
    commitId: undefined,
    snapshot: undefined,
    stored: undefined,
    committedAt: Number.NEGATIVE_INFINITY,
    state: initialPollState(0),
    presentReadAt: Number.NEGATIVE_INFINITY,
    nextPollAt: 0,
  };
}

export function start(): World {
  return {
    now: 0,
    commits: 0,
    accountEvents: [accountEvent(0, -10, -10)],
    isRefused: false,
    logs: [undefined, undefined],
    leases: [0, 0],
    memories: [forgotten(), forgotten()],
    hosts: [0, 1].map(() => ({ key: 0, state: undefined, before: 0, shown: [], got: [] })),
    left: { crash: 1, loss: 1, refusal: 2, key: 1, lostAnswer: 1 },
  };
}

class Refused extends Error {}

/** One poll of one connection by the process. */
class Poll {
  readonly #world: World;
  readonly #key: number;

  constructor(world: World, key: number) {
    this.#world = world;
    this.#key = key;
  }

  get memory(): Memory {
    const memory = this.#world.memories[this.#key];
    if (memory === undefined) throw new Error('there is a memory for each key');
    return memory;
  }

  set(change: Partial<Memory>): void {
    this.#world.memories[this.#key] = { ...this.memory, ...change };
  }

  get header(): SnapshotHeader {
    const header = this.memory.snapshot?.header;
    if (header === undefined) throw new Error('there is a log');
    return header;
  }

  get nowMs(): number {
    return this.#world.now * unitMs;
  }

  get presentMs(): number {
    return ms(this.#world.now);
  }

  sync(commitId: string | undefined): void {
    if (commitId === this.memory.commitId) return;
    const log = this.#world.logs[this.#key];
    this.set({ commitId: log?.commitId, snapshot: log?.snapshot, stored: log?.snapshot });
  }

  run(): void {
    this.set({ state: beginPoll(this.memory.state, this.nowMs) });
    try {
      if (this.nowMs < this.memory.state.timelineRetryAtMs) throw new Refused();
      if (this.memory.snapshot !== undefined || this.#begin('timeline')) this.#timeline();
      this.set({ state: afterTimeline(this.memory.state) });
      return;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (this.nowMs >= this.memory.state.timelineRetryAtMs)
        this.set({ state: afterRefusal(this.memory.state, this.nowMs, unitMs) });
    }
    if (this.memory.snapshot !== undefined || this.#begin('lists')) this.#lists();
  }

  /** What a source shows of a time, and what is seen by it. */
  read(source: Source, fromMs = Number.NEGATIVE_INFINITY, untilMs = Number.POSITIVE_INFINITY) {
    if (source === 'timeline' && this.#world.isRefused) throw new Refused();
    const withListKeys = this.memory.snapshot?.header.listsMs !== undefined;
    const shown = this.#world.accountEvents
      .filter(({ shownAt }) => shownAt <= this.#world.now)
      .map((one) => (source === 'lists' ? one.lists : withListKeys ? one.timeline : one.plain))
      .filter(({ atMs }) => atMs >= Math.floor(fromMs / 1000) * 1000 && atMs <= untilMs)
      .sort((a, b) => a.atMs - b.atMs);
    const newestMs = shown.at(-1)?.atMs;
    this.set({ state: afterRead(this.memory.state, { source, newestMs, monotonicMs: this.nowMs }) });
    return { events: shown, newestMs };
  }

  baseline(source: Source) {
    const { events, newestMs } = this.read(source);
    if (newestMs === undefined) throw new Error('something is shown from the start');
    const boundedMs = Math.min(newestMs, this.presentMs);
    const startMs = boundedMs - unitMs;
    return { startMs, newestMs: boundedMs, events: events.filter(({ atMs }) => atMs >= startMs) };
  }

  #begin(source: Source): boolean {
    const { backfillRequestMs } = this.memory.state;
    const isRequested = Number.isFinite(backfillRequestMs);
    const { startMs, newestMs, events } = isRequested
      ? { startMs: backfillRequestMs, newestMs: backfillRequestMs, events: [] }
      : this.baseline(source);
    const header: SnapshotHeader = {
      logStartMs: startMs,
      source,
      newestMs,
      ...(source === 'timeline' ? { timelineMs: startMs } : { listsMs: startMs }),
    };
    const logged = events.filter(({ atMs }) => atMs >= startMs).map(loggedEvent);
    this.#apply(logged, { header, known: knownAfter(new Map(), { observed: events, source, header }) });
    this.set({ state: { ...this.memory.state, backfillRequestMs: Number.POSITIVE_INFINITY } });
    if (!isRequested) this.set({ presentReadAt: this.#world.now });
    return isRequested;
  }

  #timeline(): void {
    const { fromMs } = tipStart(this.memory.state, this.header, false);
    const tip = this.read('timeline', fromMs);
    const reachedMs = readToMs(this.memory.state, 'timeline', this.nowMs, this.presentMs);
    this.#takeIn(tip.events, 'timeline', this.header.logStartMs, (header) => {
      const slice = { fromMs, readToMs: reachedMs };
      const timelineMs = Frontier.at(header.timelineMs ?? frontierMs(header)).afterSlice(slice).ms;
      return { ...header, source: 'timeline', timelineMs };
    });
    this.set({
      state: { ...this.memory.state, ownFrontierMs: frontierMs(this.header) },
      presentReadAt: this.#world.now,
    });
    this.#readBack();
    this.#sweep();
  }

  #readBack(): void {
    const { header } = this;
    const backFromMs = Math.min(
      this.memory.state.backfillRequestMs,
      header.backfill?.fromMs ?? Number.POSITIVE_INFINITY,
    );
    this.set({ state: { ...this.memory.state, backfillRequestMs: Number.POSITIVE_INFINITY } });
    if (backFromMs >= header.logStartMs) return;
    const { events } = this.read('timeline', backFromMs, header.logStartMs);
    this.#takeIn(events, 'timeline', backFromMs, (before) => ({
      ...before,
      logStartMs: backFromMs,
      backfill: undefined,
    }));
  }

  #sweep(): void {
    const due = { source: 'timeline', monotonicMs: this.nowMs, retentionMs } as const;
    const { sweeps, ...state } = beginSweeps(this.memory.state, this.header, due);
    this.set({ state: { ...state, sweeps: [] } });
    for (const sweep of sweeps) {
      if (sweep === undefined) continue;
      const { events } = this.read('timeline', sweep.readToMs, sweep.untilMs);
      this.#takeIn(events, 'timeline', this.header.logStartMs, (before) => before);
    }
  }

  #lists(): void {
    const { header } = this;
    const { listsMs, logStartMs, timelineMs } = header;
    const fromMs = Math.max(listsMs ?? timelineMs ?? logStartMs, timelineMs ?? Number.NEGATIVE_INFINITY);
    const requestedMs = Math.min(
      this.memory.state.backfillRequestMs,
      header.backfill?.fromMs ?? Number.POSITIVE_INFINITY,
    );
    const isBackfill = requestedMs < logStartMs;
    const sweptFromMs = timelineMs === undefined ? logStartMs : Math.max(logStartMs, timelineMs + timelineOverlapMs);
    const sweepable = { ...header, timelineMs: undefined, logStartMs: sweptFromMs };
    const due = { source: 'lists', monotonicMs: this.nowMs, retentionMs } as const;
    const { sweeps, ...state } = beginSweeps(this.memory.state, sweepable, due);
    this.set({ state: { ...state, sweeps: [] } });
    const sinceMs = Math.min(
      fromMs,
      isBackfill ? requestedMs : fromMs,
      ...sweeps.map((sweep) => sweep?.readToMs ?? fromMs),
    );
    const events = this.read('lists').events.filter(({ atMs }) => atMs >= sinceMs);
    const reachedMs = readToMs(this.memory.state, 'lists', this.nowMs, this.presentMs);
    const takenFromMs = isBackfill ? requestedMs : logStartMs;
    this.#takeIn(events, 'lists', takenFromMs, (before) => ({
      ...before,
      source: 'lists',
      listsMs: Frontier.at(fromMs).afterSlice({ fromMs, readToMs: reachedMs }).ms,
      timelineMs: isTimelineGone(this.memory.state, this.nowMs) ? undefined : before.timelineMs,
      backfill: undefined,
      logStartMs: isBackfill ? requestedMs : before.logStartMs,
    }));
    this.set({
      state: { ...this.memory.state, backfillRequestMs: Number.POSITIVE_INFINITY },
      presentReadAt: this.#world.now,
    });
  }

  #takeIn(
    observed: readonly ObservedEvent[],
    source: Source,
    fromMs: number,
    advance: (header: SnapshotHeader) => SnapshotHeader,
  ): void {
    const snapshot = { header: this.header, known: this.memory.snapshot?.known ?? new Map() };
    const possible = candidates({ snapshot, fromMs, source }, observed);
    const logged = new Set(this.#world.logs[this.#key]?.events.map(({ key }) => key));
    const unlogged = new Set(possible.flatMap(keysOf).filter((key) => !logged.has(key)));
    const news = newsOf(possible, unlogged).filter(({ atMs }) => atMs >= fromMs);
    const { timeline, lists } = this.memory.state.evidence;
    const newestMs = Math.min(Math.max(timeline?.newestMs ?? 0, lists?.newestMs ?? 0), this.presentMs);
    const header = { ...advance(snapshot.header), newestMs: Math.max(snapshot.header.newestMs, newestMs) };
    const known = knownAfter(snapshot.known, { observed, source, header });
    this.#apply([...news].sort((a, b) => a.atMs - b.atMs).map(loggedEvent), { header, known });
  }

  #apply(events: readonly LoggedEvent[], snapshot: Snapshot): void {
    const { stored, committedAt } = this.memory;
    const { header } = snapshot;
    const isWorthIt =
      stored === undefined ||
      events.length > 0 ||
      (this.#world.now - committedAt) * unitMs >= idleCommitMs ||
      header.logStartMs !== stored.header.logStartMs ||
      header.source !== stored.header.source;
    this.set({ snapshot });
    if (!isWorthIt) return;
    this.#world.commits += 1;
    const commitId = `m${this.#world.commits}`;
    const log = this.#world.logs[this.#key];
    const added = events.map((event) => ({ ...event, commitId }));
    this.#world.logs[this.#key] = {
      commitId,
      floorId: log?.floorId ?? commitId,
      events: [...(log?.events ?? []), ...added],
      snapshot,
    };
    this.set({ commitId, stored: snapshot, committedAt: this.#world.now });
  }
}

function pollWhenDue(world: World, key: number): boolean {
  const poll = new Poll(world, key);
  if (world.now < poll.memory.nextPollAt) return false;
  const leasedTo = world.leases[key] ?? 0;
  if (world.now < leasedTo) {
    poll.set({ nextPollAt: leasedTo });
    return true;
  }
  world.leases[key] = world.now + 1;
  poll.set({ nextPollAt: world.now + 1 });
  poll.sync(world.logs[key]?.commitId);
  poll.run();
  return true;
}

function headOf({ events, floorId }: Log): LogPosition {
  return { sequence: events.length, commitId: events.at(-1)?.commitId ?? floorId };
}

function pageOf(log: Log | undefined, after: LogPosition, notBeforeMs: number): LogPage | undefined {
  if (log === undefined) return undefined;
  const { sequence, commitId } = after;
  const at = sequence === 0 ? log.floorId : log.events[sequence - 1]?.commitId;
  const events = log.events
    .map((event, index) => ({ ...event, sequence: index + 1 }))
    .filter((event) => event.sequence > sequence && event.occurredAtMs >= notBeforeMs);
  const state = { commitId: log.commitId, head: headOf(log), header: '', trimmedToMs: 0 };
  return { ...state, contains: at === commitId, events, rest: undefined };
}

function update(world: World, index: number, change: Partial<Host>): void {
  world.hosts = world.hosts.map((host, other) => (other === index ? { ...host, ...change } : host));
}

/** A host asks. @param isLost whether the answer gets lost: the host’s position stays as it was */
export function ask(world: World, index: number, isLost: boolean): void {
  const host = world.hosts[index];
  if (host === undefined) return;
  const { key, state } = host;
  const connectionId = connectionIds[key] ?? '';
  const poll = new Poll(world, key);
  const cursor = state === undefined ? undefined : decodeCursor(state);
  if (cursor === undefined) {
    register(world, index, isLost);
    return;
  }
  const isForeign = cursor.connectionPrefix !== connectionPrefixOf(connectionId);
  if (isForeign && poll.memory.snapshot === undefined) pollWhenDue(world, key);
  const read = (from: typeof cursor) => {
    const other = from.connectionPrefix !== connectionPrefixOf(connectionId);
    const log = world.logs[key];
    const page = pageOf(log, other ? { sequence: 0, commitId: '' } : from.position, from.sinceMs);
    const { commitId, snapshot } = poll.memory;
    return { page, header: log?.commitId === commitId ? snapshot?.header : log?.snapshot.header };
  };
  const about = { kind: 'created', nowMs: ms(world.now), retentionMs } as const;
  const begun = resolveCursor(cursor, read(cursor), { connectionId, ...about });
  if (begun.kind === 'restart') throw new Error('a host starts again');
  if (begun.needsBackfill) poll.set({ state: requestBackfill(poll.memory.state, begun.cursor.frontierMs) });
  const hasNews = begun.kind === 'valid' && (begun.log.page?.events.length ?? 0) > 0;
  const ran = pollWhenDue(world, key);
  const log = begun.kind === 'valid' && (!ran || hasNews) ? begun.log : read(begun.cursor);
  const isKept = begun.kind === 'valid' || log.page === undefined;
  const page = pageFor(begun.cursor, log, { state: isKept ? state : undefined, ...about });
  if (isLost) return;
  const got = page.payloads.map((payload) => Number(/P(\d+)/.exec(JSON.stringify(payload))?.[1]));
  update(world, index, { state: page.state, got: [...host.got, ...got] });
}

function register(world: World, index: number, isLost: boolean): void {
  const host = world.hosts[index];
  if (host === undefined) return;
  const { key } = host;
  pollWhenDue(world, key);
  const log = world.logs[key];
  if (log === undefined) return;
  const poll = new Poll(world, key);
  if (poll.memory.snapshot === undefined) poll.sync(log.commitId);
  const { presentReadAt, snapshot, commitId } = poll.memory;
  // The account asks the source of its own header.
  let baseline: ReturnType<Poll['baseline']> | undefined;
  try {
    if (world.now - presentReadAt > 1) baseline = poll.baseline(poll.header.source);
  } catch (error) {
    if (error instanceof Refused) return;
    throw error;
  }
  const header = log.commitId === commitId && snapshot !== undefined ? snapshot.header : log.snapshot.header;
  const newestMs = Math.max(baseline?.newestMs ?? 0, header.newestMs);
  const earliestMs = Math.max(baseline?.startMs ?? newestMs - unitMs, header.logStartMs);
  const events = baseline?.events ?? [];
  const logged = new Set(log.events.map(({ key: name }) => name));
  const unlogged = new Set(events.flatMap(keysOf).filter((name) => !logged.has(name)));
  const known = poll.memory.snapshot?.known ?? new Map();
  const shown = shownOf({ kind: 'acknowledged' }, { known, events, unlogged });
  const { given, ...times } = behindShown({ earliestMs, newestMs }, shown);
  if (isLost) return;
  const state = encodeCursor({
    connectionPrefix: connectionPrefixOf(connectionIds[key] ?? ''),
    accountHash: undefined,
    position: headOf(log),
    ...times,
    issuedMs: ms(world.now),
    given: given.map(({ key: name, atMs, isLogged }) => givenOf(name, atMs, !isLogged)),
  });
  // What came since the last poll, at most an interval ago, may still come.
  const seen = world.accountEvents.flatMap(({ shownAt }, number) => (shownAt < world.now - 1 ? [number] : []));
  update(world, index, { state, before: world.accountEvents.length, shown: seen });
}

type Action = readonly [name: string, act: (world: World) => void];

function actionsOf(world: World): readonly Action[] {
  const { left, hosts, accountEvents, logs, isRefused } = world;
  const actions: Action[] = [
    [
      '30 s pass',
      (w) => {
        w.now += 1;
      },
    ],
  ];
  if (accountEvents.length < 3) {
    for (const late of [0, 3]) {
      const happen = (w: World) => {
        w.accountEvents = [...w.accountEvents, accountEvent(w.accountEvents.length, w.now, w.now + late)];
      };
      actions.push([`something happens${late > 0 ? ', and shows 90 s later' : ''}`, happen]);
    }
  }
  for (const index of hosts.keys()) actions.push([`host ${index} asks`, (w) => ask(w, index, false)]);
  const trouble = (name: keyof World['left'], title: string, act: (w: World) => void) => {
    if (left[name] === 0) return;
    actions.push([
      title,
      (w) => {
        w.left = { ...w.left, [name]: w.left[name] - 1 };
        act(w);
      },
    ]);
  };
  const die = (w: World) => {
    w.memories = [forgotten(), forgotten()].map((one) => ({ ...one, state: initialPollState(w.now * unitMs) }));
  };
  const lose = (w: World) => {
    w.logs = [undefined, undefined];
    w.leases = [0, 0];
  };
  trouble('lostAnswer', 'host 0 asks, and the answer is lost', (w) => ask(w, 0, true));
  if (logs.some((log) => log !== undefined)) {
    trouble('crash', 'the process dies', die);
    trouble('loss', 'the store is lost under the process', lose);
    trouble('loss', 'the store is lost, and the process dies', (w) => {
      lose(w);
      die(w);
    });
  }
  trouble('refusal', isRefused ? 'the timeline is back' : 'the timeline is refused', (w) => {
    w.isRefused = !w.isRefused;
  });
  trouble('key', 'host 0 gets another key', (w) => update(w, 0, { key: 1 }));
  return actions;
}

function copyOf(world: World): World {
  return { ...world, logs: [...world.logs], leases: [...world.leases], memories: [...world.memories] };
}

/** Lets everything heal and the hosts ask on for so many polls; says what is wrong then. */
function flawOf(world: World, rounds: number): string | undefined {
  const end = copyOf(world);
  end.isRefused = false;
  for (let round = 0; round < rounds; round += 1) {
    end.now += 1;
    for (const index of end.hosts.keys()) if (end.hosts[index]?.state !== undefined) ask(end, index, false);
  }
  // An event has another name in the lists. If a log is lost in between, or the key changes, a host cannot tell that it is
  // one: it may get it again, and never misses it.
  const hasTwoNames = world.left.refusal < 2 && (world.left.loss === 0 || world.left.key === 0);
  for (const [index, host] of end.hosts.entries()) {
    if (host.state === undefined) continue;
    for (const number of end.accountEvents.keys()) {
      const times = host.got.filter((one) => one === number).length;
      if (number >= host.before && times === 0) return `host ${index} never gets ${number}`;
      if (hasTwoNames) continue;
      if (times > 1) return `host ${index} gets ${number} ${times} times`;
      if (host.shown.includes(number) && times > 0)
        return `host ${index} gets ${number}, from before it was registered`;
    }
  }
  return undefined;
}

/** Two worlds with the same name have the same future. */
function nameOf(world: World): string {
  const ids = new Map<string, number>();
  const idOf = (id: string | undefined) => {
    if (id === undefined) return -1;
    const known = ids.get(id) ?? ids.size;
    ids.set(id, known);
    return known;
  };
  const snapshotOf = (snapshot: Snapshot | undefined) =>
    snapshot === undefined ? 0 : [snapshot.header, [...snapshot.known.keys()]];
  const logOf = (log: Log | undefined) =>
    log === undefined
      ? 0
      : [
          idOf(log.commitId),
          idOf(log.floorId),
          log.events.map(({ key, commitId }) => [key, idOf(commitId)]),
          snapshotOf(log.snapshot),
        ];
  const memoryOf = ({ commitId, snapshot, stored, state: { pace: _, ...state }, ...times }: Memory) => [
    idOf(commitId),
    snapshotOf(snapshot),
    stored?.header,
    { ...state, far: [state.backfillRequestMs, state.ownFrontierMs].map(String) },
    { ...times, far: String(times.committedAt), present: String(times.presentReadAt) },
  ];
  const hostOf = ({ key, state, before, shown, got }: Host) => {
    const cursor = state === undefined ? undefined : decodeCursor(state);
    const { position, ...rest } = cursor ?? {};
    return [key, { ...rest, sequence: position?.sequence }, idOf(position?.commitId), before, shown, got];
  };
  return JSON.stringify([
    world.now,
    world.isRefused,
    world.left,
    world.leases,
    world.accountEvents.map(({ at, shownAt }) => [at, shownAt]),
    world.logs.map(logOf),
    world.memories.map(memoryOf),
    world.hosts.map(hostOf),
  ]);
}

/** What is explored. */
export interface Exploration {
  readonly begun: World;
  readonly depth: number;
  /** Which actions there are, by their names. @default all */
  readonly actions?: RegExp;
  /** After so many polls all is told. What shows late enough is told by a sweep, of which each 20th poll has one. */
  readonly rounds?: number;
}

/** Plays every order of so many actions; those that come to the same go on once. The shortest that fail come first. */
export function explore({ begun, depth, actions = /^/, rounds = 25 }: Exploration) {
  let worlds: { readonly world: World; readonly path: readonly string[] }[] = [{ world: begun, path: [] }];
  const seen = new Set<string>();
  const flaws: string[] = [];
  for (let played = 0; played <= depth; played += 1) {
    const next: typeof worlds = [];
    for (const { world, path } of worlds) {
      const flaw = flawOf(world, rounds);
      if (flaw !== undefined) {
        flaws.push([flaw, ...path].join('\n  '));
        continue;
      }
      if (played === depth) continue;
      for (const [name, act] of actionsOf(world)) {
        if (!actions.test(name)) continue;
        const after = copyOf(world);
        act(after);
        const known = nameOf(after);
        if (seen.has(known)) continue;
        seen.add(known);
        next.push({ world: after, path: [...path, name] });
      }
    }
    worlds = next;
  }
  return { states: seen.size + 1, flaws };
}
