import fc from 'fast-check';
import t from 'tap';
import { checkHistory, checkOrder, everyKind } from '../support/history-oracle.js';
import { type Step, step, temporaryStore, World } from '../support/simulated-world.js';

/** How many histories each property plays. More of them: HISTORIES=3000 npx tap run --timeout=9000 test/engine. */
const numRuns = Number(process.env.HISTORIES ?? 60);
/** A history takes a fraction of a second; a machine may be busy with something else. */
const limitMs = 120_000 + 3_000 * numRuns;
const totals = { histories: 0, events: 0, delivered: 0, crashes: 0, stalls: 0, faults: 0, polls: 0, replays: 0 };

const sqlite = temporaryStore(t);

let runs = 0;

async function playHistory(
  steps: readonly Step[],
  kind: 'account' | 'no-log-entries' = 'account',
  replicas = 1,
): Promise<void> {
  runs += 1;
  const world = new World(sqlite, runs, kind, replicas);
  await world.play(steps);
  await world.end();
  const { events, delivered } = checkHistory(world, kind === 'account' ? everyKind : new Set(['created']));
  checkOrder(world);
  totals.events += events;
  totals.delivered += delivered;
  totals.histories += 1;
  totals.crashes += world.crashed;
  totals.stalls += world.replicas.reduce((sum, { store }) => sum + store.stalled, 0);
  totals.faults += world.upstream.faulted;
  totals.polls += world.observed.polls;
  totals.replays += world.observed.replays;
}

t.test('nothing is lost and nothing comes twice, whatever happens', { timeout: limitMs }, async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 120, size: 'max' }), (steps) => playHistory(steps)),
    { numRuns, endOnFailure: false, interruptAfterTimeLimit: limitMs, markInterruptAsFailure: true },
  );
  t.comment(JSON.stringify(totals));
  t.ok(totals.delivered > totals.histories, 'events were delivered');
});

t.test('nor with several replicas that share the store', { timeout: limitMs }, async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 20, maxLength: 120, size: 'max' }),
      fc.integer({ min: 2, max: 3 }),
      (steps, replicas) => playHistory(steps, 'account', replicas),
    ),
    { numRuns, endOnFailure: false, interruptAfterTimeLimit: limitMs, markInterruptAsFailure: true },
  );
  t.comment(JSON.stringify(totals));
  t.ok(totals.delivered > totals.histories, 'events were delivered');
});

t.test(
  'with the incident lists alone no creation is lost, and nothing comes twice',
  { timeout: limitMs },
  async (t) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 120, size: 'max' }), (steps) =>
        playHistory(steps, 'no-log-entries'),
      ),
      { numRuns: Math.ceil(numRuns / 3), interruptAfterTimeLimit: limitMs, markInterruptAsFailure: true },
    );
    t.comment(JSON.stringify(totals));
    t.ok(totals.histories >= numRuns, 'histories were played');
  },
);
