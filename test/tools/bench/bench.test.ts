import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import Type from 'typebox';
import { Compile } from 'typebox/compile';

const main = fileURLToPath(new URL('../../../tools/bench/main.ts', import.meta.url));
const run = promisify(execFile);
const Figure = Type.Object({
  name: Type.String(),
  unit: Type.String(),
  connector: Type.Number(),
  baseline: Type.Optional(Type.Number()),
  ratio: Type.Optional(Type.Number()),
});
const written = Compile(
  Type.Object({
    takenAt: Type.String(),
    machine: Type.Object({ node: Type.String(), cores: Type.Number(), cpu: Type.String() }),
    extent: Type.Object({ rounds: Type.Number(), secondsEach: Type.Number(), isQuick: Type.Literal(true) }),
    reports: Type.Array(
      Type.Object({ part: Type.String(), conditions: Type.String(), figures: Type.Array(Figure, { minItems: 1 }) }),
    ),
  }),
);

// The flood alone: it starts the upstream, the service, the baseline and the load, and takes the least time of those that
// do. No figure is judged: it would be the machine that passes or fails.
t.test('a part runs, prints its table and writes its figures', async (t) => {
  const json = join(t.testdir(), 'figures.json');
  const { stdout } = await run(process.execPath, ['--import', 'tsx', main, 'flood', '--quick', '--json', json]);
  const { reports } = written.Parse(JSON.parse(readFileSync(json, 'utf8')));
  t.strictSame(
    reports.map(({ part }) => part),
    ['Flood'],
  );
  for (const { part, figures } of reports) {
    t.match(stdout, new RegExp(`^${part}: `, 'm'), `${part} has a table`);
    for (const { name, unit, connector } of figures) {
      t.ok(stdout.includes(`  ${name}, ${unit}`), `${name} is in the table`);
      t.ok(Number.isFinite(connector), `${name} was measured`);
    }
  }
});

t.test('a part that does not exist is refused', async (t) => {
  await t.rejects(run(process.execPath, ['--import', 'tsx', main, 'everything']), {
    code: 2,
    stderr: /expected parts of action, /,
  });
});
