import fc from 'fast-check';
import type { Act } from './account-acts.js';
import type { DateMode } from './date-header.js';
import { join, type Move, moves, replica } from './moves.js';
import { type Oddity, oddities } from './odd-records.js';

const hourMs = 3_600_000;
const wrongMs = fc.constantFrom(-hourMs, -60_000, 60_000, 300_000, hourMs);

/** The Date header is wrong, for one answer or for long, or not there. */
export const dates: fc.Arbitrary<Move> = moves(
  fc.oneof(
    fc.record({ say: fc.constant('wrong' as const), aheadMs: wrongMs, once: fc.boolean() }),
    fc.record({
      say: fc.constantFrom('nothing' as const, 'something that is not a date' as const, 'the truth' as const),
    }),
    fc.record({ say: fc.constant('the same' as const) }),
  ),
  (mode) => `the Date header says ${JSON.stringify(mode)}`,
  (world, mode) => {
    const { date, clock } = world.upstream;
    const said: DateMode = mode.say === 'the same' ? { ...mode, atMs: clock.now() } : mode;
    date.mode = said;
  },
);

/** Wall clocks of processes are set. */
export const wallClocks: fc.Arbitrary<Move> = moves(
  fc.record({ at: replica, aheadMs: fc.oneof(wrongMs, fc.constant(0)) }),
  ({ at, aheadMs }) => `the clock of replica ${at} is ${aheadMs / 1000} s ahead`,
  (world, { at, aheadMs }) => {
    world.replicaAt(at).clock.aheadMs = aheadMs;
  },
);

/** The clock of the store that replicas share is set. */
export const storeClocks: fc.Arbitrary<Move> = moves(
  fc.boolean(),
  (isForward) => `the store's clock jumps ${isForward ? 'ahead' : 'back'}`,
  (world, isForward) => (isForward ? world.leases?.endAll() : world.leases?.beginAnew()),
);

/** PagerDuty's own clock is set: what happens is stamped by it. */
export const stamps: fc.Arbitrary<Move> = moves(
  fc.oneof(wrongMs, fc.constant(0)),
  (aheadMs) => `PagerDuty's clock is ${aheadMs / 1000} s ahead`,
  (world, aheadMs) => {
    for (const { ledger } of world.upstream.accounts) ledger.settle();
    world.upstream.clock.aheadMs = aheadMs;
  },
);

/** Some calls, or all for a while, are refused. */
export function refusals(path: RegExp, statuses: readonly number[], calls: readonly number[]): fc.Arbitrary<Move> {
  const what = fc.record({ status: fc.constantFrom(...statuses), calls: fc.constantFrom(...calls) });
  return fc.oneof(
    {
      weight: 2,
      arbitrary: moves(
        what,
        (one) => `${one.calls} calls of ${path} are answered ${one.status}`,
        (world, one) => world.upstream.refusals.refuse({ path, ...one }),
      ),
    },
    {
      weight: 1,
      arbitrary: moves(
        fc.constant(undefined),
        () => 'nothing is refused any more',
        (world) => world.upstream.refusals.end(),
      ),
    },
  );
}

/** An incident cannot be read any more, and never will. */
export const gone: fc.Arbitrary<Move> = moves(
  fc.record({ incident: fc.nat({ max: 3 }), status: fc.constantFrom(403, 404, 410, 500) }),
  ({ incident, status }) => `incident ${incident} is answered ${status} for good`,
  (world, { incident, status }) => {
    const { id } = world.sandbox.account.incidents.at(-1 - incident) ?? {};
    const path = new RegExp(`^/incidents/${id}$`);
    world.upstream.refusals.refuse({ path, status, calls: Number.POSITIVE_INFINITY, isForGood: true });
  },
);

/** All hosts poll for a while: a minute, or an hour. */
export const spells: fc.Arbitrary<Move> = moves(
  fc.constantFrom(2, 5, 20),
  (rounds) => `all hosts poll ${rounds} times`,
  async (world, rounds) => {
    for (let round = 0; round < rounds; round += 1) await world.round(round);
  },
);

/** An acknowledgement and an assignment that are over before anybody looks. */
export const passing: fc.Arbitrary<Move> = moves(
  fc.nat({ max: 3 }),
  (incident) => `incident ${incident} is acknowledged and assigned, and that is over at once`,
  async (world, incident) => {
    const acts: readonly Act[] = [
      { do: 'acknowledge', incident, user: 'PUSER02' },
      { do: 'unacknowledge', incident, user: 'PUSER02' },
      { do: 'assign', incident, users: ['PUSER01'] },
      { do: 'assign', incident, users: ['PUSER03'] },
    ];
    for (const act of acts) {
      world.act(act);
      await world.clock.advance(1000);
    }
  },
);

const oddityNames = Object.keys(oddities).filter((name): name is Oddity => name in oddities);

/** Entries come with a reference in place of their incident, or with the incident again. */
export const references: fc.Arbitrary<Move> = moves(
  fc.boolean(),
  (isReference) => `entries come with ${isReference ? 'a reference to' : 'all of'} their incident`,
  (world, isReference) => {
    for (const { listings } of world.upstream.accounts) listings.habits.includesIncidents = !isReference;
  },
);

/** Something happens, and its entries are odd. */
export const oddActs: fc.Arbitrary<Move> = moves(
  fc.record({
    oddity: fc.constantFrom(...oddityNames),
    act: fc.oneof(
      fc.constant<Act>({ do: 'trigger', count: 1 }),
      fc.nat({ max: 3 }).map((incident): Act => ({ do: 'acknowledge', incident, user: 'PUSER02' })),
      fc.nat({ max: 3 }).map((incident): Act => ({ do: 'assign', incident, users: ['PUSER01'] })),
      fc.nat({ max: 3 }).map((incident): Act => ({ do: 'note', incident, user: 'PUSER01' })),
    ),
  }),
  ({ oddity, act }) => `${oddity}: ${JSON.stringify(act)}`,
  (world, { oddity, act }) => {
    const ledger = world.ledger();
    ledger.settle();
    const before = ledger.entryCount;
    world.act(act);
    for (const { entry } of ledger.entriesFrom(before)) world.upstream.oddRecords.byEntry.set(entry.id, oddity);
  },
);

/** Much happens. */
export function bursts(counts: readonly number[]): fc.Arbitrary<Move> {
  return moves(
    fc.constantFrom(...counts),
    (count) => `${count} incidents`,
    async (world, count) => {
      // Some seconds, and some of them crowded.
      for (let left = count; left > 0; left -= 150) {
        world.act({ do: 'trigger', count: Math.min(left, 150) });
        await world.clock.advance(3_000);
      }
    },
  );
}

/** Listings break off, and shift while they are read. */
export const oddListings: fc.Arbitrary<Move> = fc.oneof(
  moves(
    fc.constantFrom(1, 2),
    (pages) => `${pages} pages come empty`,
    (world, pages) => {
      world.upstream.oddListings.emptyPages = pages;
    },
  ),
  moves(
    fc.constantFrom(0, 3, 20),
    (times) => `something happens between the next ${times} pages`,
    (world, times) => {
      let left = times;
      world.upstream.oddListings.betweenPages = () => {
        if (left <= 0) return;
        left -= 1;
        world.act({ do: 'trigger', count: 1 });
      };
    },
  ),
);

/** A host goes on with another of the world's keys. */
export function keyChanges(keys: number): fc.Arbitrary<Move> {
  return moves(
    fc.record({ host: fc.nat({ max: 7 }), key: fc.nat({ max: keys - 1 }) }),
    ({ host, key }) => `host ${host} goes on with key ${key}`,
    (world, { host, key }) => {
      const one = world.hosts[host % Math.max(1, world.hosts.length)];
      if (one !== undefined && !world.isRevoked(key)) world.moveTo(one, key);
    },
  );
}

/** A key is revoked; who has it goes on with the last one. */
export function revocations(keys: number): fc.Arbitrary<Move> {
  return moves(
    fc.record({ key: fc.nat({ max: keys - 2 }), seconds: fc.constantFrom(0, 100, 900) }),
    ({ key, seconds }) => `key ${key} is revoked, and replaced after ${seconds} s`,
    async (world, { key, seconds }) => {
      world.upstream.revokedKeys.add(world.keyAt(key).key);
      for (const host of world.hosts) if (host.key === key) await world.poll(host);
      await world.clock.advance(seconds * 1000);
      for (const host of world.hosts) if (host.key === key) world.moveTo(host, keys - 1);
    },
  );
}

/** A host comes for the first time, with one of the keys. */
export function joinsWith(keys: number): fc.Arbitrary<Move> {
  return moves(
    fc.record({
      key: fc.nat({ max: keys - 1 }),
      at: replica,
      kind: fc.constantFrom('created' as const, 'acknowledged' as const),
    }),
    ({ key, at, kind }) => `a host comes to replica ${at} with key ${key} for ${kind}`,
    (world, { key, at, kind }) => (world.isRevoked(key) ? undefined : join(world, { kind }, at, key)),
  );
}

/** The store is lost, or an older copy of it comes back. */
export const losses: fc.Arbitrary<Move> = moves(
  fc.constantFrom('is lost' as const, 'is lost' as const, 'is copied' as const, 'is the copy again' as const),
  (what) => `the store ${what}`,
  async (world, what) => {
    if (what === 'is copied') await world.data?.copy();
    else await world.loseLogs(what === 'is lost' ? 'everything' : 'since the copy');
  },
);

/** Events that were kept for long enough are removed, by a replica's clock. */
export const trims: fc.Arbitrary<Move> = moves(
  replica,
  (at) => `replica ${at} removes old events`,
  (world, at) => world.trim(at),
);
