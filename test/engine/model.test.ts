import t from 'tap';
import { ask, explore, start } from '../support/simulation/engine-model.js';

/** How many actions, of all kinds; and of a few kinds, which can be more. */
const depth = Number(process.env.MODEL_DEPTH ?? 4);
const deepDepth = Number(process.env.MODEL_DEEP_DEPTH ?? 8);

/** Both hosts have been registered for a while. */
function registered() {
  const world = start();
  for (let polls = 0; polls < 3; polls += 1) {
    for (const index of world.hosts.keys()) ask(world, index, false);
    world.now += 1;
  }
  return world;
}

for (const [name, begun] of [
  ['from the very first', start()],
  ['after both are registered', registered()],
] as const) {
  t.test(`each host gets each event once, in every order of up to ${depth} actions, ${name}`, async (t) => {
    const { states, flaws } = explore({ begun, depth });
    t.strictSame(flaws.slice(0, 5), [], `${flaws.length} flaws in ${states} states`);
  });
}

for (const trouble of [
  'the process dies',
  'the answer is lost',
  'store is lost',
  'the timeline is',
  'another key',
  'shows 90 s later',
  'host 1 asks',
]) {
  t.test(`so it does in every order of up to ${deepDepth} of what is usual, and “${trouble}”`, async (t) => {
    const actions = new RegExp(`^(30 s pass|something happens|host 0 asks)$|${trouble}`);
    const { states, flaws } = explore({ begun: start(), depth: deepDepth, actions, rounds: 8 });
    t.strictSame(flaws.slice(0, 5), [], `${flaws.length} flaws in ${states} states`);
  });
}
