import { chmodSync, closeSync, mkdirSync, openSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { databaseName } from './spoilt-database.js';

/** What the store's files hold (incidents, notes, names) is for the service's own user. */
const folderMode = 0o700;
const fileMode = 0o600;
/** Everybody but the owner. */
const othersMask = 0o077;

/** What others than the service's user may read. */
export interface ExposedPath {
  readonly path: string;
  /** As `ls` and `chmod` have it: `644`. */
  readonly mode: string;
}

/** A link lies where the store's own file should be. */
export class LinkedFileError extends Error {
  constructor(folder: string, name: string) {
    super(
      `DATA_DIR: expected ${name} to be a file, got a symbolic link in ${folder}. Remove the link, or set DATA_DIR to the folder of the file itself.`,
    );
  }
}

/**
 * Makes the folder and the database's file, if they are missing, and narrows what an earlier version, or anybody, has left wider. SQLite
 * gives its companions the mode of the database. A folder that holds other things too stays as it is: it is for others.
 * @throws {LinkedFileError}
 */
export function makePrivate(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: folderMode });
  refuseLinks(folder);
  if (readdirSync(folder).every(isOfStore)) narrow(folder, folderMode);
  for (const file of filesOf(folder)) narrow(file, fileMode);
  createPrivate(join(folder, databaseName));
}

/** Makes a file for the service's user alone, unless something has that name already. */
export function createPrivate(file: string): void {
  try {
    // One that is there is not even opened: closing it would give back the lock that this process may have of it.
    closeSync(openSync(file, 'wx', fileMode));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

/** The store's folder and files, as far as they could not be narrowed. */
export function exposedPaths(folder: string): readonly ExposedPath[] {
  return [folder, ...filesOf(folder)].flatMap((path) => {
    const mode = modeOf(path);
    return (mode & othersMask) === 0 ? [] : [{ path, mode: mode.toString(8) }];
  });
}

/** Whoever may write to the folder could have the store write to, or read from, any file of the service's user. */
function refuseLinks(folder: string): void {
  const link = readdirSync(folder, { withFileTypes: true }).find((one) => isOfStore(one.name) && one.isSymbolicLink());
  if (link !== undefined) throw new LinkedFileError(folder, link.name);
}

function filesOf(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((one) => isOfStore(one.name) && one.isFile())
    .map(({ name }) => join(folder, name));
}

/** The database, its companions, and those of both that were put aside. */
function isOfStore(name: string): boolean {
  return name === databaseName || name.startsWith(`${databaseName}-`) || name.startsWith(`${databaseName}.`);
}

function narrow(path: string, mode: number): void {
  try {
    if ((modeOf(path) & othersMask) !== 0) chmodSync(path, mode);
  } catch {
    // It is somebody else's, say, or has gone. `exposedPaths` names it if it is still there.
  }
}

function modeOf(path: string): number {
  return (statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o777;
}
