import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { operations } from '../operations/operations.js';
import { triggers } from '../triggers/triggers.js';
import { version } from '../version.js';
import { renderDefinition } from './render-definition.js';

/**
 * Writes `apiDefinition.swagger.json`, or with `--check` compares it and fails where it differs. The host in the file
 * is a placeholder: a running service serves the definition with its own.
 */
const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const file = new URL('../../apiDefinition.swagger.json', import.meta.url);
const publicUrl = new URL('https://pagerduty-connector.example.com');
const rendered = `${JSON.stringify(renderDefinition({ operations, triggers, publicUrl, version }), null, 2)}\n`;

if (!values.check) {
  writeFileSync(file, rendered);
  process.stdout.write('Wrote apiDefinition.swagger.json.\n');
} else if (read() === rendered) {
  process.stdout.write('apiDefinition.swagger.json is up to date.\n');
} else {
  process.stderr.write(
    'apiDefinition.swagger.json is not what the code says: run "npm run definition" and commit it.\n',
  );
  process.exitCode = 1;
}

function read(): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // A missing file is a difference like any other.
    return undefined;
  }
}
