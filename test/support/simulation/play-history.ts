import assert from 'node:assert/strict';
import { checkOrder, judgeHistory, type Rules, usualRules, type Verdict } from '../history-oracle.js';
import type { World } from '../simulated-world.js';
import type { Move } from './moves.js';

/** What a world promises beside what was recorded is told once: how soon, and how the service goes on. */
export interface Promises {
  readonly rules: Partial<Rules>;
  /** Within so many polls after all has healed everything is delivered. */
  readonly polls: number;
  /** So many polls are made at least, to see that they deliver nothing again. */
  readonly minPolls: number;
  /** PagerDuty is asked at least once in so many intervals after all has healed. */
  readonly maxQuietIntervals: number;
  /** A host waits no longer for an answer, the first of a connection excepted. */
  readonly maxAnswerMs: number;
  /** Hosts with the same filter get the same order. */
  readonly sameOrder: boolean;
}

const usualPromises: Promises = {
  rules: {},
  polls: 48,
  minPolls: 6,
  maxQuietIntervals: Number.POSITIVE_INFINITY,
  maxAnswerMs: Number.POSITIVE_INFINITY,
  sameOrder: true,
};

/** How often the verdict is asked for: it looks at the whole history. */
const verdictEvery = 6;
const maxTraceLines = Number(process.env.TRACE_LINES ?? 80);

/** Plays a history, lets everything heal, and compares what hosts got with what truly happened. */
export async function playHistory<W extends World>(
  world: W,
  history: readonly Move<W>[],
  promisesOf: (world: W) => Partial<Promises> = () => ({}),
): Promise<Verdict> {
  for (const move of history) {
    world.note(`- ${move.text}`);
    await move.play(world);
    await world.settle();
    for (const replica of world.replicas) replica.startIfDead();
  }
  await world.heal();
  const promises = { ...usualPromises, ...promisesOf(world) };
  const rules = { ...usualRules, mayRepeat: world.repeats.mayRepeat, ...promises.rules };
  const wrong = await pollsUntilDelivered(world, promises, rules);
  const verdict = judgeHistory(world, rules);
  wrong.push(...verdict.surplus, ...verdict.lost, ...world.replicas.flatMap(({ store }) => store.invariants.flaws));
  const { maxAnswerMs } = world;
  if (maxAnswerMs > promises.maxAnswerMs) wrong.push(`a host waited ${maxAnswerMs} ms for an answer`);
  if (wrong.length > 0) assert.fail(report(world, wrong));
  if (promises.sameOrder) checkOrder(world);
  return verdict;
}

async function pollsUntilDelivered(world: World, promises: Promises, rules: Rules): Promise<string[]> {
  const wrong: string[] = [];
  let quiet = 0;
  for (let round = 1; round <= promises.polls; round += 1) {
    const { calls } = world.upstream;
    await world.round(round);
    quiet = world.upstream.calls > calls ? 0 : quiet + 1;
    if (quiet === promises.maxQuietIntervals && world.hosts.length > 0) {
      wrong.push(`PagerDuty is not asked for ${quiet} intervals, though it answers`);
    }
    if (round < promises.minPolls || round % verdictEvery !== 0) continue;
    const { lost, surplus } = judgeHistory(world, rules);
    // What came twice does not go away.
    if (lost.length === 0 || surplus.length > 0) break;
  }
  return wrong;
}

function report(world: World, wrong: readonly string[]): string {
  const some = wrong.slice(0, 12).map((line) => `  ${line}`);
  const more = wrong.length > 12 ? [`  and ${wrong.length - 12} more`] : [];
  const trace = world.trace
    .slice(-maxTraceLines)
    .map(
      ({ seconds, line, times }) =>
        `${seconds.toFixed(1).padStart(9)} s  ${line}${times > 1 ? ` (${times} times)` : ''}`,
    );
  return [`${wrong.length} wrong:`, ...some, ...more, 'What happened:', ...trace].join('\n');
}
