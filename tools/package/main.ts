import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { publishPackage } from './publish-package.js';
import { renderPackage } from './render-package.js';

/** Writes the connector's package into the project's root, or with `--check` compares it with what is there. */
const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const root = new URL('../../', import.meta.url);
const folder = { read, write: (name: string, text: string) => writeFileSync(new URL(name, root), text) };

const { done, wrong } = publishPackage(renderPackage(), folder, values.check);
for (const line of done) process.stdout.write(`${line}\n`);
for (const line of wrong) process.stderr.write(`${line}\n`);
if (wrong.length > 0) process.exitCode = 1;

function read(name: string): string | undefined {
  try {
    return readFileSync(new URL(name, root), 'utf8');
  } catch {
    // A missing file is a difference like any other.
    return undefined;
  }
}
