import fc from 'fast-check';
import type { EventFilter } from '../../../src/engine/events.js';
import { SimulatedHost } from '../simulated-host.js';
import { type Fault, faults } from '../simulated-upstream.js';
import type { World } from '../simulated-world.js';
import type { Act } from './account-acts.js';

/** One thing that happens in a history. */
export interface Move<W extends World = World> {
  /** For whoever reads what led to a failure. */
  readonly text: string;
  play(world: W): Promise<void> | void;
}

/** Moves that are made of something random. */
export function moves<T, W extends World = World>(
  what: fc.Arbitrary<T>,
  text: (value: T) => string,
  play: (world: W, value: T) => Promise<void> | void,
): fc.Arbitrary<Move<W>> {
  return what.map((value) => {
    const move = { text: text(value), play: (world: W) => play(world, value) };
    // What fast-check prints of it.
    return Object.assign(move, { [fc.toStringMethod]: () => move.text });
  });
}

export const users = ['PUSER01', 'PUSER02', 'PUSER03', 'PUSER04', 'PUSER05'] as const;
const user = fc.constantFrom(...users);
const incident = fc.nat({ max: 12 });
export const replica = fc.nat({ max: 5 });
export const hostNumber = fc.nat({ max: 7 });

const act = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('trigger' as const),
      count: fc.constantFrom(1, 1, 1, 1, 1, 1, 2, 2, 5, 5, 120),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('acknowledge' as const, 'resolve' as const, 'unacknowledge' as const, 'reopen' as const),
      incident,
      user,
    }),
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
);

/** What people and monitoring do in the account. */
export const acts: fc.Arbitrary<Move> = moves<Act>(
  act,
  ({ do: what, ...how }) => `${what} ${Object.entries(how).join(' ').replaceAll(',', ' ')}`,
  (world, one) => world.act(one),
);

/** Time goes by. */
export const waits: fc.Arbitrary<Move> = moves(
  fc.constantFrom(1, 5, 29, 30, 31, 60, 200),
  (seconds) => `${seconds} s go by`,
  (world, seconds) => world.clock.advance(seconds * 1000),
);

/** A host that is there polls. */
export const polls: fc.Arbitrary<Move> = moves(
  fc.record({ host: hostNumber, at: replica }),
  ({ host, at }) => `host ${host} polls replica ${at}`,
  (world, { host, at }) => {
    const one = world.hosts[host % Math.max(1, world.hosts.length)];
    return one === undefined ? undefined : world.poll(one, at);
  },
);

/** An interval goes by, and all hosts poll. */
export const rounds: fc.Arbitrary<Move> = moves(
  fc.constantFrom(1, 1, 2),
  (count) => `all hosts poll ${count} times`,
  async (world, count) => {
    for (let round = 0; round < count; round += 1) await world.round(round);
  },
);

/** A host comes for the first time. */
export const joins: fc.Arbitrary<Move> = moves(
  fc.record({ kind: fc.nat({ max: 4 }), incident, user, at: replica }),
  ({ kind, at }) => `a host comes to replica ${at} for ${filterKinds[kind]}`,
  (world, { kind, incident, user, at }) => join(world, filterOf(world, kind, incident, user), at),
);

const filterKinds = ['created', 'acknowledged', 'resolved', 'assigned', 'noted'] as const;

function filterOf(world: World, kind: number, incident: number, user: string): EventFilter {
  const name = filterKinds[kind] ?? 'created';
  if (name === 'assigned') return { kind: name, subject: user };
  const { incidents } = world.sandbox.account;
  if (name === 'noted')
    return { kind: name, subject: incidents.at(-1 - (incident % Math.max(1, incidents.length)))?.id ?? 'PNONE' };
  return { kind: name };
}

/** Hosts that come before anything happens: without them most of a history would be owed to nobody. */
export const firstHosts: fc.Arbitrary<Move> = moves(
  fc.subarray([0, 1, 2, 3]),
  (kinds) => `hosts come for ${kinds.map((kind) => filterKinds[kind]).join(', ')}`,
  async (world, kinds) => {
    for (const kind of kinds) await join(world, filterOf(world, kind, 0, 'PUSER01'), kind);
  },
);

/** A host comes, unless there are many. */
export async function join(world: World, filter: EventFilter, at: number, key = 0): Promise<void> {
  if (world.hosts.length >= 8) return;
  const host = new SimulatedHost(filter);
  host.key = key;
  world.hosts.push(host);
  await world.poll(host, at);
}

/** The background polls begin. */
export const ticks: fc.Arbitrary<Move> = moves(
  fc.constant(undefined),
  () => 'a tick',
  (world) => world.tick(),
);

/** A host comes with a state of long ago. */
export const replays: fc.Arbitrary<Move> = moves(
  fc.record({ host: hostNumber, from: fc.nat({ max: 9 }), at: replica }),
  ({ host, from }) => `host ${host} comes with its state number ${from}`,
  (world, { host, from, at }) => {
    const one = world.hosts[host % Math.max(1, world.hosts.length)];
    return one === undefined ? undefined : world.replay(one, from, at);
  },
);

/** Processes stall, go on, end and crash. */
export const processes: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 2,
    arbitrary: moves(
      replica,
      (at) => `replica ${at} stalls`,
      (world, at) => {
        world.replicaAt(at).store.stall = true;
      },
    ),
  },
  {
    weight: 1,
    arbitrary: moves(
      replica,
      (at) => `replica ${at} goes on`,
      (world, at) => world.resume(world.replicaAt(at)),
    ),
  },
  {
    weight: 1,
    arbitrary: moves(
      replica,
      (at) => `replica ${at} is started anew`,
      (world, at) => world.replicaAt(at).restart(),
    ),
  },
  {
    weight: 1,
    arbitrary: moves(
      fc.record({ at: replica, when: fc.constantFrom('before the commit' as const, 'after the commit' as const) }),
      ({ at, when }) => `replica ${at} dies ${when}`,
      (world, { at, when }) => {
        world.replicaAt(at).store.crash = when;
      },
    ),
  },
);

/** Calls to PagerDuty fail: the next few, or all for a while. */
export const failures: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 2,
    arbitrary: moves(
      fc.record({ fault: fc.constantFrom<Fault[]>(...faults), count: fc.constantFrom(1, 3, 4) }),
      ({ fault, count }) => `${count} calls meet ${fault}`,
      (world, { fault, count }) => {
        world.upstream.pending.push(...Array.from({ length: count }, () => fault));
      },
    ),
  },
  {
    weight: 1,
    arbitrary: moves(
      fc.constantFrom(3, 61),
      (minutes) => `PagerDuty is down for ${minutes} minutes`,
      async (world, minutes) => {
        world.upstream.isDown = true;
        if (world.hosts[0] !== undefined) await world.poll(world.hosts[0]);
        await world.clock.advance(minutes * 60_000);
        world.upstream.isDown = false;
      },
    ),
  },
);

/** Entries are shown late, by no more than every poll reads again. */
export const shortLateness: fc.Arbitrary<Move> = lateness(fc.constantFrom(0, 0, 2, 20, 90));

/** From now on entries are shown so many seconds late. */
export function lateness(seconds: fc.Arbitrary<number>): fc.Arbitrary<Move> {
  return moves(
    seconds,
    (late) => `entries are ${late} s late`,
    (world, late) => {
      world.ledger().lateMs = late * 1000;
    },
  );
}

/** What goes on in every world, but for time. */
export const activity = [
  { weight: 16, arbitrary: acts },
  { weight: 8, arbitrary: polls },
  { weight: 3, arbitrary: joins },
  { weight: 3, arbitrary: ticks },
  { weight: 1, arbitrary: replays },
];

/** What goes on in every world. */
export const everyday = [...activity, { weight: 4, arbitrary: waits }, { weight: 4, arbitrary: rounds }];

/** What goes wrong in every world, and always has held. */
export const usualTrouble = [
  { weight: 5, arbitrary: processes },
  { weight: 3, arbitrary: failures },
  { weight: 1, arbitrary: shortLateness },
];
