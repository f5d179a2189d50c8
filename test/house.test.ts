import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const root = fileURLToPath(new URL('..', import.meta.url));
const source = join(root, 'src');
/** The product, and what stands beside it. */
const houses = ['src', 'sandbox', 'tools'];

/**
 * What each room, and each file beside the rooms, may import; ARCHITECTURE.md says what lives there. The sandbox knows
 * nothing of the product: it is reached over HTTP alone.
 */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  clock: [],
  errors: [],
  config: [],
  version: [],
  pagerduty: ['clock', 'errors'],
  redis: ['errors'],
  limiter: ['clock', 'errors', 'redis'],
  wire: ['errors', 'pagerduty'],
  connection: ['clock', 'errors', 'limiter', 'pagerduty'],
  operations: ['connection', 'wire', 'errors', 'pagerduty'],
  engine: ['clock', 'connection', 'errors', 'pagerduty'],
  triggers: ['engine', 'wire', 'pagerduty'],
  telemetry: ['connection', 'engine', 'errors', 'pagerduty'],
  stores: ['clock', 'engine', 'limiter', 'redis'],
  opsgenie: ['clock', 'errors', 'limiter', 'pagerduty'],
  definition: ['wire', 'operations', 'triggers'],
  http: [
    'clock',
    'errors',
    'telemetry',
    'pagerduty',
    'wire',
    'connection',
    'operations',
    'triggers',
    'engine',
    'definition',
  ],
  housekeeping: [],
  'open-backend': ['clock', 'config', 'connection', 'engine', 'limiter', 'redis', 'stores'],
  app: [
    'clock',
    'config',
    'connection',
    'engine',
    'housekeeping',
    'http',
    'open-backend',
    'operations',
    'opsgenie',
    'pagerduty',
    'stores',
    'telemetry',
    'triggers',
    'version',
  ],
  main: ['app', 'clock', 'config', 'telemetry'],
  sandbox: [],
  tools: [],
  'tools/docs': ['config', 'engine', 'errors', 'http', 'operations', 'telemetry', 'triggers', 'wire'],
  'tools/package': ['definition', 'operations', 'pagerduty', 'triggers', 'version', 'wire'],
  'tools/demo': ['app', 'clock', 'config', 'sandbox', 'telemetry'],
  'tools/bench': ['clock', 'connection', 'engine', 'limiter', 'pagerduty', 'stores'],
  'tools/soak': ['sandbox', 'tools/bench'],
};

function filesBelow(...folders: readonly string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(ts|mjs)$/.test(name))
      .map((name) => join(root, folder, name)),
  );
}

/** The room of a file. In src a file beside the rooms is one by itself; in tools those beside the rooms are one. */
function roomOf(file: string): string {
  const [house = '', first = '', below] = relative(root, file).split('/');
  if (house === 'src') return first.replace(/\.ts$/, '');
  return house === 'tools' && below !== undefined ? `tools/${first}` : house;
}

/** What a file imports: paths of files of ours, and the names of packages. */
function importsOf(file: string): { readonly files: readonly string[]; readonly packages: readonly string[] } {
  const text = readFileSync(file, 'utf8');
  const imports = [...text.matchAll(/^(?:import|export)( type)?\b(?:[^;']*?\bfrom)? '([^']+)'/gm)];
  const names = imports.map(([, , name = '']) => name);
  return {
    files: names
      .filter((name) => name.startsWith('.'))
      .map((name) => resolve(dirname(file), name).replace(/\.js$/, '.ts')),
    // A type is gone from what is built.
    packages: imports.filter(([, type]) => type === undefined).map(([, , name = '']) => name),
  };
}

/** The file, and every one that it needs. */
function closureOf(file: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const next of importsOf(file).files) closureOf(next, seen);
  return seen;
}

t.test('imports between rooms go one way', async (t) => {
  const files = filesBelow(...houses);
  t.strictSame([...new Set(files.map(roomOf))].sort(), Object.keys(mayImport).sort(), 'every room is in the table');
  for (const file of files) {
    const room = roomOf(file);
    const allowed = mayImport[room] ?? [];
    for (const other of importsOf(file).files.map(roomOf)) {
      if (other !== room && !allowed.includes(other)) {
        t.fail(`${relative(root, file)} imports from ${other}; ${room} may import ${allowed.join(', ') || 'nothing'}`);
      }
    }
  }
});

t.test('no two files need each other', async (t) => {
  for (const file of filesBelow(...houses)) {
    for (const next of importsOf(file).files) {
      if (closureOf(next).has(file))
        t.fail(`${relative(root, file)} imports ${relative(root, next)}, and it imports it`);
    }
  }
});

t.test('the service runs with production packages alone', async (t) => {
  const { dependencies }: { dependencies: Record<string, string> } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  );
  const needed = closureOf(join(source, 'main.ts'));
  t.ok(needed.size > 100, 'it has walked the imports');
  // What npm runs after a production install is there, too.
  for (const file of [...needed, join(root, 'tools/build.mjs')]) {
    for (const name of importsOf(file).packages.filter((one) => !/^\.|^node:/.test(one))) {
      const [scope = '', rest = ''] = name.split('/');
      const owner = name.startsWith('@') ? `${scope}/${rest}` : scope;
      t.ok(owner in dependencies, `${relative(root, file)} imports ${name}`);
    }
  }
  const reached = filesBelow('src').filter((file) => !needed.has(file));
  t.strictSame(reached, [], 'and nothing else is in src');
});

t.test('the table of rooms in ARCHITECTURE.md names every room', async (t) => {
  const map = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
  for (const room of Object.keys(mayImport)) t.match(map, `| \`${room}\` |`, room);
});

t.test('only config reads the environment', async (t) => {
  for (const file of filesBelow('src')) {
    if (roomOf(file) === 'config') continue;
    t.notMatch(readFileSync(file, 'utf8'), /process\.env/, relative(root, file));
  }
});

t.test('time and randomness are named in the clock and the entry point only', async (t) => {
  const allowed = new Set(['clock', 'main']);
  const named = /Date\.now\b|Math\.random|randomUUID|performance\.now|set(Timeout|Interval|Immediate)\(|new Date\(\)/;
  for (const file of filesBelow('src')) {
    if (allowed.has(roomOf(file))) continue;
    const text = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
    t.notMatch(text, named, relative(root, file));
  }
});

t.test('no test takes a number in a header for one that begins or ends like it', async (t) => {
  // `t.match` compares strings as substrings: '1' would match '10'.
  const loose = /t\.match\([^;]*?'[\w-]+': '\d+'/;
  for (const file of filesBelow('test')) t.notMatch(readFileSync(file, 'utf8'), loose, relative(root, file));
});
