import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { settings } from '../src/config/settings.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const source = join(root, 'src');

/** What each room may import; the table in ARCHITECTURE.md says why. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  clock: [],
  errors: [],
  config: [],
  metrics: [],
  pagerduty: ['clock', 'errors'],
  contract: ['errors', 'pagerduty'],
  redis: ['errors'],
  connection: ['clock', 'errors', 'pagerduty', 'redis'],
  operations: ['connection', 'contract', 'errors', 'pagerduty'],
  triggers: ['contract', 'pagerduty'],
  engine: ['clock', 'connection', 'errors', 'pagerduty', 'triggers'],
  stores: ['engine', 'redis', 'triggers'],
  opsgenie: ['clock', 'connection', 'errors', 'pagerduty'],
  definition: ['pagerduty', 'contract', 'operations', 'triggers', 'version'],
  http: [
    'clock',
    'errors',
    'metrics',
    'pagerduty',
    'contract',
    'connection',
    'operations',
    'triggers',
    'engine',
    'opsgenie',
    'definition',
  ],
  sandbox: ['clock'],
  demo: ['config', 'sandbox', 'app', 'create-logger'],
  bench: ['clock', 'connection', 'engine', 'pagerduty', 'stores'],
  soak: ['bench'],
};

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));
}

/** The room of a file, or its own name for one beside the rooms. */
function roomOf(file: string): string {
  const [first = ''] = relative(source, file).split('/');
  return first.replace(/\.[tj]s$/, '');
}

function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(([, path = '']) =>
    resolve(dirname(file), path),
  );
}

t.test('imports between rooms go one way', async (t) => {
  const rooms = readdirSync(source, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  t.strictSame(rooms.map(({ name }) => name).sort(), Object.keys(mayImport).sort(), 'every room is in the table');
  for (const file of filesBelow(source)) {
    const room = roomOf(file);
    const allowed = mayImport[room];
    if (allowed === undefined) continue;
    for (const imported of importsOf(file)) {
      const other = roomOf(imported);
      if (other !== room && !allowed.includes(other)) {
        t.fail(`${relative(root, file)} imports from ${other}; ${room} may import ${allowed.join(', ') || 'nothing'}`);
      }
    }
  }
});

t.test('the table of rooms in ARCHITECTURE.md names every room', async (t) => {
  const map = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
  for (const room of Object.keys(mayImport)) t.match(map, `| \`${room}\` |`, room);
});

t.test('only config reads the environment', async (t) => {
  for (const file of filesBelow(source)) {
    if (roomOf(file) === 'config') continue;
    t.notMatch(readFileSync(file, 'utf8'), /process\.env/, relative(root, file));
  }
});

t.test('time and randomness are named in the composition root, the clock and the entry points only', async (t) => {
  const allowed = new Set(['app', 'clock', 'main', 'demo', 'bench', 'soak']);
  for (const file of filesBelow(source)) {
    if (allowed.has(roomOf(file)) || file.endsWith('/main.ts')) continue;
    const text = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
    t.notMatch(text, /Date\.now\(|Math\.random|setTimeout\(|setInterval\(|new Date\(\)/, relative(root, file));
  }
});

t.test('the README’s configuration table is what the code reads', async (t) => {
  const rows = Object.values(settings).map(({ variable, fallback, meaning }) => {
    return `| \`${variable}\` | ${fallback === '' ? 'unset' : `\`${fallback}\``} | ${meaning} |`;
  });
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const [, table = ''] = /<!-- settings -->\n([\s\S]*?)\n<!-- \/settings -->/.exec(readme) ?? [];
  t.strictSame(table.split('\n'), ['| variable | default | meaning |', '| --- | --- | --- |', ...rows]);
});

t.test('every npm command that the documents name exists', async (t) => {
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const name of ['README.md', 'ARCHITECTURE.md', '.ci/run']) {
    const text = readFileSync(join(root, name), 'utf8');
    for (const [command, script = ''] of text.matchAll(/npm run ([\w-]+)/g))
      t.ok(script in scripts, `${name}: ${command}`);
    for (const script of ['start', 'test']) if (text.includes(`npm ${script}`)) t.ok(script in scripts, script);
  }
});

t.test('every error code that the code can answer is in the README’s table', async (t) => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  for (const file of filesBelow(source)) {
    if (roomOf(file) === 'sandbox') continue;
    for (const [, code = ''] of readFileSync(file, 'utf8').matchAll(/\bcode: '([a-z_]+)'/g)) {
      t.match(readme, `\`${code}\``, `${code} in ${relative(root, file)}`);
    }
  }
});
