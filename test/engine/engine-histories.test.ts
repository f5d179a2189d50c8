import fc from 'fast-check';
import t, { type Test } from 'tap';
import { temporaryStore, World } from '../support/simulated-world.js';
import { historyRuns } from '../support/simulation/history-runs.js';
import { LosableFolder } from '../support/simulation/losable-folder.js';
import { firstHosts, type Move } from '../support/simulation/moves.js';
import { playHistory } from '../support/simulation/play-history.js';
import { type WorldKind, worldKinds } from '../support/simulation/worlds.js';

/**
 * How many histories are played in each kind of world. More of them: HISTORIES=3000 SEED=random npx tap run
 * --timeout=9000 test/engine/engine-histories.test.ts. Only some kinds: WORLDS='key,clock'.
 */
const { HISTORIES, WORLDS } = process.env;
const histories = Number(HISTORIES ?? 12);
const wanted = WORLDS?.split(',');

const shared = temporaryStore(t);
/** Each history has a key, and so a log, of its own. */
let runs = 0;

for (const kind of worldKinds) {
  if (wanted?.some((part) => kind.name.includes(part)) === false) continue;
  const numRuns = Math.ceil(histories * (kind.share ?? 1));
  const timeout = 120_000 + 6_000 * numRuns;
  t.test(kind.name, { timeout }, (t) => play(t, kind, { numRuns, timeout }));
}

async function play(t: Test, kind: WorldKind, { numRuns, timeout }: { numRuns: number; timeout: number }) {
  const totals = {
    histories: 0,
    owed: 0,
    delivered: 0,
    polls: 0,
    failed: 0,
    calls: 0,
    crashes: 0,
    losses: 0,
    replays: 0,
  };
  const history = fc.record({
    replicas: fc.constantFrom(...(kind.replicas ?? [1])),
    first: kind.first ?? fc.constant(undefined),
    hosts: firstHosts,
    // Without bias: fast-check begins with what is short and simple, and a history of three moves shows nothing.
    moves: fc.noBias(fc.array(fc.oneof(...kind.moves), { minLength: 1, maxLength: kind.maxMoves ?? 200, size: 'max' })),
  });
  await fc.assert(
    fc.asyncProperty(history, async ({ replicas, first, hosts, moves }) => {
      runs += 1;
      const folder = kind.isLosable === true ? new LosableFolder() : undefined;
      const world = new World(folder?.store ?? shared, runs, kind.key, replicas, { ...kind.options, data: folder });
      try {
        const all: readonly Move[] = [...(first === undefined ? [] : [first]), hosts, ...moves];
        const { owed, delivered } = await playHistory(world, all, kind.promises);
        totals.histories += 1;
        totals.owed += owed;
        totals.delivered += delivered;
        totals.polls += world.observed.polls;
        totals.failed += world.observed.failed;
        totals.calls += world.upstream.calls;
        totals.crashes += world.crashed;
        totals.losses += world.losses;
        totals.replays += world.observed.replays;
      } finally {
        await folder?.close();
      }
    }),
    historyRuns(numRuns, timeout),
  );
  t.comment(JSON.stringify(totals));
  t.ok(totals.histories >= numRuns, `${totals.histories} histories of ${numRuns} were played`);
  t.ok(totals.delivered > totals.histories, `${totals.delivered} events were delivered`);
}
