import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Finding } from './check-definition.js';
import { renderPackage } from './render-package.js';

/**
 * Writes the connector's package, or with `--check` compares it and fails where it differs. Either way it fails where
 * the package breaks a rule of the flow designers, and then nothing is written.
 */
const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const files = renderPackage();

for (const { name, findings } of files) for (const finding of findings) complain(lineOf(name, finding));
for (const { name, text } of files) {
  const file = new URL(`../../${name}`, import.meta.url);
  if (values.check && read(file) !== text) {
    complain(`${name} is not what the code says: run "npm run definition" and commit it.`);
  } else if (process.exitCode === undefined) {
    if (!values.check) writeFileSync(file, text);
    process.stdout.write(values.check ? `${name} is up to date and keeps every rule.\n` : `Wrote ${name}.\n`);
  }
}

function lineOf(name: string, { where, rule, expected }: Finding): string {
  return `${name}: ${where}: ${rule}: ${expected}`;
}

function complain(line: string): void {
  process.stderr.write(`${line}\n`);
  process.exitCode = 1;
}

function read(file: URL): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // A missing file is a difference like any other.
    return undefined;
  }
}
