import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { judgeGrowth } from './judge-growth.js';
import { playSoak } from './play-soak.js';
import { failuresOf, renderSoak } from './verdict.js';

/** Plays a soak, prints what was recorded and the verdict, writes both as JSON, and exits with 1 if it failed. */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '20' },
    json: { type: 'string', default: fileURLToPath(new URL('latest.json', import.meta.url)) },
  },
});
const minutes = Number(values.minutes);
if (!(minutes > 0)) {
  process.stderr.write(`--minutes: expected a number above 0, got ${values.minutes}\n`);
  process.exit(2);
}

const say = (line: string) => process.stdout.write(`${line}\n`);
say(`A soak of ${minutes} minutes, on Node ${process.version}`);
const soak = await playSoak(minutes, say);
const growth = judgeGrowth(soak.samples);
const failures = failuresOf(soak, growth);
say(`\n${renderSoak(soak, growth, failures)}`);
const written = { takenAt: new Date().toISOString(), node: process.version, passed: failures.length === 0, failures };
writeFileSync(values.json, `${JSON.stringify({ ...written, growth, ...soak }, null, 2)}\n`);
process.exitCode = failures.length === 0 ? 0 : 1;
