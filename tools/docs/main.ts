import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { fillTables } from './fill-tables.js';
import { renderTables } from './tables.js';

/** Writes the generated tables into the documents, or with `--check` compares them with what is there. */
const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const root = new URL('../../', import.meta.url);
const names = ['', 'docs/'].flatMap((folder) =>
  readdirSync(new URL(folder, root))
    .filter((name) => name.endsWith('.md'))
    .map((name) => folder + name),
);

const tables = await renderTables();
const missing = new Set(Object.keys(tables));
for (const name of names) {
  const text = readFileSync(new URL(name, root), 'utf8');
  const filled = fillTables(text, tables);
  for (const table of filled.found) missing.delete(table);
  if (filled.text === text) continue;
  if (values.check) fail(`${name} is not what the code says: run "npm run docs" and commit it.`);
  else {
    writeFileSync(new URL(name, root), filled.text);
    process.stdout.write(`Wrote ${name}.\n`);
  }
}
for (const table of missing) fail(`No document has the table <!-- ${table} -->.`);
if (process.exitCode !== 1) process.stdout.write('The tables of the documents are up to date.\n');

function fail(line: string): void {
  process.stderr.write(`${line}\n`);
  process.exitCode = 1;
}
