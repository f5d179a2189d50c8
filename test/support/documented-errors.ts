import { readFileSync } from 'node:fs';

/** Every status with the code of its row in the reference's table of errors: `404 unknown_path`. */
export function documentedErrors(): ReadonlySet<string> {
  const pairs = rowsOf('docs/reference.md', '## Errors').flatMap(([statuses = '', codes = '']) =>
    numbersIn(statuses).flatMap((status) => [...codes.matchAll(/`(\w+)`/g)].map(([, code]) => `${status} ${code}`)),
  );
  return new Set(pairs);
}

/** Every status that a sender of the Opsgenie bridge is told of. */
export function documentedBridgeStatuses(): ReadonlySet<number> {
  return new Set(rowsOf('docs/moving-here.md', '### What a sender is told').flatMap(([cell = '']) => numbersIn(cell)));
}

function rowsOf(file: string, heading: string): readonly string[][] {
  const document = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
  const section = document.slice(document.indexOf(`\n${heading}\n`) + 1).split(/\n##+ /)[0] ?? '';
  return section
    .split('\n')
    .filter((line) => /^\| \d/.test(line))
    .map((line) => line.split('|').slice(1));
}

function numbersIn(cell: string): number[] {
  return [...cell.matchAll(/\d{3}/g)].map(Number);
}
