import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { fillTables } from '../tools/docs/fill-tables.js';
import { renderTables } from '../tools/docs/tables.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const documents = [
  ...documentsIn('', false),
  ...['docs', 'sandbox', 'test', 'tools', 'monitoring'].flatMap((name) => documentsIn(name, true)),
];

function documentsIn(folder: string, recursive: boolean): string[] {
  return readdirSync(join(root, folder), { recursive, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));
}

function read(name: string): string {
  return readFileSync(join(root, name), 'utf8');
}

/** The text without its blocks of code. */
function proseOf(name: string): string {
  return read(name).replace(/^```[\s\S]*?^```$/gm, '');
}

/** The anchors of a document's headings, as GitHub makes them. */
function anchorsOf(name: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of proseOf(name).matchAll(/^#+ (.+)$/gm)) {
    const words = heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '');
    const anchor = words.replace(/\s/g, '-');
    let unique = anchor;
    for (let count = 1; anchors.has(unique); count += 1) unique = `${anchor}-${count}`;
    anchors.add(unique);
  }
  return anchors;
}

t.test('the tables of the documents are what the code says, and each is in one document', async (t) => {
  const tables = await renderTables();
  const found = documents.flatMap((name) => {
    const filled = fillTables(read(name), tables);
    t.equal(filled.text, read(name), `${name}; npm run docs mends it`);
    return filled.found;
  });
  t.strictSame(found.sort(), Object.keys(tables).sort());
});

t.test('every link of a document leads somewhere', async (t) => {
  let links = 0;
  for (const name of documents) {
    for (const [, target = ''] of proseOf(name).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      links += 1;
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? name : relative(root, resolve(root, dirname(name), path));
      if (!existsSync(join(root, file))) t.fail(`${name}: there is no ${target}`);
      else if (anchor !== undefined && !anchorsOf(file).has(anchor)) t.fail(`${name}: ${file} has no #${anchor}`);
    }
  }
  t.ok(links > 30, `${links} links`);
});

t.test('the first two documents are short', async (t) => {
  const maxBytes = { 'README.md': 10_240, 'ARCHITECTURE.md': 9_216 };
  for (const [name, bytes] of Object.entries(maxBytes)) {
    const { size } = statSync(join(root, name));
    t.ok(size <= bytes, `${name} has ${size} of ${bytes} bytes`);
  }
});

t.test('every npm command that a document or the gate names exists', async (t) => {
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(read('package.json'));
  const named = [...documents, '.ci/run'].flatMap((name) =>
    [...read(name).matchAll(/npm run (?:--?\w+ )*([\w-]+)|npm (start|test)\b/g)].map(([command, script, short]) => ({
      name,
      command,
      script: script ?? short ?? '',
    })),
  );
  for (const { name, command, script } of named) t.ok(script in scripts, `${name}: ${command}`);
  const scriptsNamed = new Set(named.map(({ script }) => script));
  for (const script of ['start', 'test', 'demo', 'definition', 'docs', 'bench', 'soak', 'sandbox']) {
    t.ok(scriptsNamed.has(script), `a document names ${script}`);
  }
});
