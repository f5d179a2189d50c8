import fc from 'fast-check';
import { SeededRandom } from '../seeded-random.js';
import type { KeyKind, World, WorldOptions } from '../simulated-world.js';
import {
  activity,
  everyday,
  failures,
  lateness,
  type Move,
  moves,
  processes,
  shortLateness,
  usualTrouble,
} from './moves.js';
import type { Promises } from './play-history.js';
import * as trouble from './trouble-moves.js';

type Weighted = readonly { readonly weight: number; readonly arbitrary: fc.Arbitrary<Move> }[];

/** A kind of world, in which histories are played. */
export interface WorldKind {
  readonly name: string;
  readonly key?: KeyKind;
  /** How many replicas there may be; one, if it is not said. */
  readonly replicas?: readonly number[];
  readonly options?: Omit<WorldOptions, 'data'>;
  /** How a world is from its first moment on. */
  readonly first?: fc.Arbitrary<Move>;
  readonly moves: Weighted;
  readonly maxMoves?: number;
  readonly promises?: (world: World) => Partial<Promises>;
  /** Whether the store can be lost. */
  readonly isLosable?: boolean;
  /** Which part of the usual number of histories is played: those of some worlds take long. */
  readonly share?: number;
}

const hours = 3_600;
const upToThree = [1, 2, 3];
const longWaits = (seconds: readonly number[]): fc.Arbitrary<Move> =>
  moves(
    fc.constantFrom(...seconds),
    (wait) => `${wait} s go by`,
    (world, wait) => world.clock.advance(wait * 1000),
  );
const setUp = <T>(what: fc.Arbitrary<T>, text: (value: T) => string, play: (world: World, value: T) => void) =>
  moves(what, text, play);
/** What is shown late, and was recorded longer ago than this when all healed, only a daily sweep tells of. */
const deepSweepMs = 2.5 * hours * 1000;
const everyPollMs = 120_000;
const pagesOf = (world: World) => Math.ceil(world.ledger().entryCount / 100);

export const worldKinds: readonly WorldKind[] = [
  { name: 'crashes, faults and short lateness', moves: [...everyday, ...usualTrouble] },
  { name: 'several replicas', replicas: [2, 3], moves: [...everyday, ...usualTrouble] },
  {
    name: 'the incident lists alone',
    key: 'no-log-entries',
    moves: [...everyday, ...usualTrouble],
    promises: () => ({ rules: { kinds: new Set(['created']) } }),
  },
  {
    name: 'recovery within an interval',
    moves: [...everyday, { weight: 3, arbitrary: failures }],
    promises: () => ({ polls: 6, maxQuietIntervals: 3 }),
  },
  {
    name: 'lateness of hours',
    replicas: upToThree,
    moves: [
      ...everyday,
      { weight: 2, arbitrary: processes },
      { weight: 1, arbitrary: failures },
      { weight: 3, arbitrary: lateness(fc.constantFrom(0, 0, 121, 200, 600, 1_800, 1.5 * hours, 2.5 * hours)) },
      { weight: 1, arbitrary: trouble.spells },
    ],
    promises: (world) => ({
      polls: 66,
      minPolls: 24,
      rules: {
        isOptional: ({ recordedAtMs, visibleAtMs }) =>
          visibleAtMs - recordedAtMs > everyPollMs && world.healedAtMs - recordedAtMs > deepSweepMs,
      },
    }),
    share: 0.5,
  },
  {
    name: 'lateness of days',
    options: { pollIntervalMs: 600_000 },
    moves: [
      ...everyday,
      { weight: 3, arbitrary: lateness(fc.constantFrom(0, 121, 4 * hours, 20 * hours, 60 * hours)) },
      { weight: 2, arbitrary: longWaits([1 * hours, 7 * hours]) },
    ],
    promises: () => ({ polls: 180, minPolls: 24 }),
    share: 0.25,
  },
  {
    name: 'a wrong Date header',
    replicas: upToThree,
    moves: [...everyday, ...usualTrouble, { weight: 6, arbitrary: trouble.dates }],
    promises: () => ({ maxQuietIntervals: 3 }),
  },
  {
    name: 'wrong clocks of processes and store',
    replicas: upToThree,
    moves: [
      ...everyday,
      ...usualTrouble,
      { weight: 5, arbitrary: trouble.wallClocks },
      { weight: 2, arbitrary: trouble.storeClocks },
      { weight: 1, arbitrary: trouble.dates },
    ],
    promises: () => ({ maxQuietIntervals: 3 }),
  },
  {
    name: 'a wrong clock of PagerDuty',
    replicas: upToThree,
    moves: [...everyday, ...usualTrouble, { weight: 4, arbitrary: trouble.stamps }],
    promises: (world) => ({
      polls: 66,
      minPolls: 24,
      maxQuietIntervals: 3,
      // What is dated before what was there already, and was so long ago, only a daily sweep finds.
      rules: {
        isOptional: ({ item, recordedAtMs }) =>
          world.healedAtMs - item.atMs > deepSweepMs - hours * 1000 &&
          world
            .ledger()
            .items.some((one) => one.recordedAtMs <= recordedAtMs && one.item.atMs > item.atMs + everyPollMs),
      },
    }),
    share: 0.5,
  },
  {
    name: 'old events are removed by wrong clocks',
    // Longer than a clock is wrong: else it may forget all that a host could go on by.
    options: { retentionMs: 2 * hours * 1000 },
    moves: [
      ...activity,
      { weight: 3, arbitrary: trouble.wallClocks },
      { weight: 3, arbitrary: trouble.trims },
      { weight: 6, arbitrary: trouble.spells },
    ],
    promises: () => ({ sameOrder: false }),
    share: 0.3,
  },
  {
    name: 'another key of the account',
    replicas: upToThree,
    first: setUp(
      fc.constant(undefined),
      () => 'the account has three keys, one of them used at another address',
      (world) => {
        world.addKey();
        world.addKey({ at: 'http://other.invalid' });
        world.act({ do: 'trigger', count: 1 });
      },
    ),
    moves: [
      ...everyday,
      ...usualTrouble,
      { weight: 2, arbitrary: trouble.joinsWith(3) },
      { weight: 4, arbitrary: trouble.keyChanges(3) },
      { weight: 1, arbitrary: trouble.revocations(3) },
    ],
    promises: () => ({ sameOrder: false }),
  },
  {
    name: 'a key of another account',
    first: setUp(
      fc.constant(undefined),
      () => 'there are two accounts',
      (world) => {
        world.upstream.addAccount('other');
        world.addKey();
        world.addKey({ account: 1 });
        for (const account of [0, 1]) world.act({ do: 'trigger', count: 1 }, account);
      },
    ),
    moves: [
      ...everyday,
      ...usualTrouble,
      { weight: 3, arbitrary: trouble.keyChanges(3) },
      {
        weight: 6,
        arbitrary: moves(
          fc.constantFrom(1, 3),
          (count) => `${count} incidents in the other account`,
          (world, count) => world.act({ do: 'trigger', count }, 1),
        ),
      },
    ],
    promises: () => ({ sameOrder: false }),
  },
  {
    name: 'a timeline that is refused for a while',
    replicas: upToThree,
    moves: [
      ...everyday,
      ...usualTrouble,
      { weight: 3, arbitrary: trouble.refusals(/^\/log_entries$/, [403], [1, 1, 3, 1_000_000]) },
      { weight: 6, arbitrary: trouble.passing },
      { weight: 2, arbitrary: trouble.spells },
    ],
    promises: () => ({ polls: 132, sameOrder: false }),
    share: 0.5,
  },
  {
    name: 'incidents and notes that cannot be read for a while',
    first: setUp(
      fc.boolean(),
      (isReference) => `entries come with ${isReference ? 'references to' : 'all of'} their incidents`,
      (world, isReference) => {
        for (const { listings } of world.upstream.accounts) listings.habits.includesIncidents = !isReference;
      },
    ),
    replicas: upToThree,
    moves: [
      ...everyday,
      ...usualTrouble,
      { weight: 1, arbitrary: trouble.references },
      { weight: 3, arbitrary: trouble.gone },
      { weight: 3, arbitrary: trouble.refusals(/^\/incidents\/\w+$/, [403, 404, 410, 500], [1, 3, 1_000_000]) },
      { weight: 3, arbitrary: trouble.refusals(/^\/incidents\/\w+\/notes$/, [403, 404, 500], [1, 3, 1_000_000]) },
      { weight: 2, arbitrary: trouble.spells },
    ],
    promises: () => ({ polls: 132 }),
    share: 0.5,
  },
  {
    name: 'odd records',
    replicas: upToThree,
    moves: [...everyday, ...usualTrouble, { weight: 8, arbitrary: trouble.oddActs }],
    promises: (world) => ({ rules: { isOptional: ({ item }) => world.upstream.oddRecords.mayBeUntold(item) } }),
  },
  {
    name: 'a limit of calls, and a backlog',
    replicas: upToThree,
    first: setUp(
      fc.constantFrom(20, 60, 300),
      (perMinute) => `PagerDuty takes ${perMinute} calls a minute`,
      (world, perMinute) => {
        world.upstream.limit.perMinute = perMinute;
      },
    ),
    moves: [
      ...everyday,
      { weight: 3, arbitrary: processes },
      { weight: 2, arbitrary: failures },
      { weight: 2, arbitrary: trouble.bursts([100, 300, 1_000]) },
    ],
    maxMoves: 50,
    promises: (world) => {
      const callsAPoll = (world.upstream.limit.perMinute * world.pollIntervalMs) / 60_000;
      return { polls: 66 + Math.ceil((6 * pagesOf(world)) / callsAPoll) };
    },
    share: 0.25,
  },
  {
    name: 'slow answers, and hosts that wait',
    replicas: upToThree,
    first: setUp(
      fc.record({ msPerCall: fc.constantFrom(0, 400, 1_500), msPerItem: fc.constantFrom(5, 30, 120) }),
      (slow) => `answers take ${JSON.stringify(slow)}`,
      (world, slow) => {
        Object.assign(world.upstream.slow, slow);
      },
    ),
    moves: [
      ...everyday,
      { weight: 3, arbitrary: processes },
      { weight: 1, arbitrary: failures },
      { weight: 1, arbitrary: shortLateness },
      { weight: 2, arbitrary: trouble.bursts([100, 300]) },
    ],
    maxMoves: 50,
    promises: (world) => ({ polls: 66 + 8 * pagesOf(world), maxAnswerMs: 2_500 }),
    share: 0.25,
  },
  {
    name: 'listings that break off and shift',
    replicas: upToThree,
    first: setUp(
      fc.record({
        maxPageItems: fc.constantFrom(25, 100),
        untilIsInclusive: fc.boolean(),
        ties: fc.option(fc.nat(), { nil: undefined }),
        leavesOutMore: fc.boolean(),
      }),
      (habits) => `listings are ${JSON.stringify(habits)}`,
      (world, { ties, leavesOutMore, ...habits }) => {
        const random = new SeededRandom(ties ?? 0);
        const tieOrder = ties === undefined ? undefined : () => random.next();
        Object.assign(world.upstream.accounts[0]?.listings.habits ?? {}, habits, { tieOrder });
        world.upstream.oddListings.leavesOutMore = leavesOutMore;
      },
    ),
    moves: [
      ...everyday,
      ...usualTrouble,
      { weight: 2, arbitrary: trouble.bursts([120, 300]) },
      { weight: 3, arbitrary: trouble.oddListings },
    ],
    maxMoves: 60,
    promises: () => ({ polls: 66, sameOrder: false }),
    share: 0.3,
  },
  {
    name: 'a store that is lost',
    replicas: upToThree,
    isLosable: true,
    moves: [...everyday, ...usualTrouble, { weight: 4, arbitrary: trouble.losses }],
    promises: () => ({ sameOrder: false }),
  },
  // But not that the timeline is refused: an event has another name in the lists, and may come again with another key.
  {
    name: 'everything at once',
    replicas: upToThree,
    first: setUp(
      fc.constant(undefined),
      () => 'the account has two keys',
      (world) => {
        world.addKey();
        world.act({ do: 'trigger', count: 1 });
      },
    ),
    moves: [
      ...everyday,
      ...usualTrouble,
      { weight: 1, arbitrary: trouble.dates },
      { weight: 1, arbitrary: trouble.wallClocks },
      { weight: 1, arbitrary: trouble.storeClocks },
      { weight: 1, arbitrary: trouble.keyChanges(2) },
      { weight: 2, arbitrary: trouble.oddActs },
      { weight: 1, arbitrary: trouble.oddListings },
      { weight: 1, arbitrary: trouble.spells },
    ],
    promises: (world) => ({
      polls: 132,
      sameOrder: false,
      rules: { isOptional: ({ item }) => world.upstream.oddRecords.mayBeUntold(item) },
    }),
    share: 0.5,
  },
];
