import type { Finding } from './check-definition.js';
import type { PackageFile } from './render-package.js';

/** Where the files of the package are kept. */
export interface PackageFolder {
  /** The text of a file; undefined if it is missing. */
  read(name: string): string | undefined;
  write(name: string, text: string): void;
}

/** What was done, and what is wrong, a line each. */
export interface Publication {
  readonly done: readonly string[];
  readonly wrong: readonly string[];
}

/**
 * Writes the package, or with `check` compares it. A package that breaks a rule of the flow designers is wrong either
 * way, and nothing of it is written.
 */
export function publishPackage(files: readonly PackageFile[], folder: PackageFolder, check: boolean): Publication {
  const broken = files.flatMap(({ name, findings }) => findings.map((finding) => lineOf(name, finding)));
  if (check) {
    const drifted = files.filter(({ name, text }) => folder.read(name) !== text);
    const wrong = drifted.map(
      ({ name }) => `${name} is not what the code says: run "npm run definition" and commit it.`,
    );
    if (broken.length + wrong.length > 0) return { done: [], wrong: [...broken, ...wrong] };
    return { done: files.map(({ name }) => `${name} is up to date and keeps every rule.`), wrong: [] };
  }
  if (broken.length > 0) return { done: [], wrong: [...broken, 'Nothing was written.'] };
  for (const { name, text } of files) folder.write(name, text);
  return { done: files.map(({ name }) => `Wrote ${name}.`), wrong: [] };
}

function lineOf(name: string, { where, rule, expected }: Finding): string {
  return `${name}: ${where} breaks ${rule}: ${expected}`;
}
