import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { createNarrator } from './narrator.js';
import { playDemo } from './play-demo.js';

const { values } = parseArgs({ options: { once: { type: 'boolean', default: false } } });
const say = createNarrator(process.stdout, Date.now);

const interrupted = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
const demo = await Promise.race([playDemo(say, { pollSeconds: 5, pauseMs: 5_000 }), interrupted]);
if (!('lost' in demo)) {
  say('demo', 'Interrupted.');
  process.exit(130);
}
if (!values.once) {
  say('demo', 'Press Ctrl+C to stop.');
  await interrupted;
}
await demo.close();
process.exitCode = demo.lost === 0 && demo.twice === 0 ? 0 : 1;
