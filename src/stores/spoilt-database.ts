import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { UnreadableRowError } from './row-reader.js';

/** The name of the database in its folder. */
export const databaseName = 'events.db';
/** What lies beside a database, and belongs to it. Before the database itself: none is ever left to the next one. */
const companions = ['-wal', '-shm', '-journal', ''];
const asideName = /^events\.db\.spoilt-[\dTZ.]+$/;
/** So many are kept, the last ones: whoever looks for the cause needs one, and a disk has an end. */
const maxKept = 3;

/** The file is a database, but not one that this service can go on with. */
export class SpoiltDatabaseError extends Error {}

/**
 * Whether an error says that the database is spoilt: no database, damaged, or with content that nobody wrote. A full
 * disk, a missing right, and a lock are none of these: they pass, and what is in the file is good.
 */
export function isSpoilt(error: unknown): error is Error {
  if (error instanceof SpoiltDatabaseError || error instanceof UnreadableRowError) return true;
  return error instanceof Database.SqliteError && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code);
}

/**
 * Gives the database of a folder another name, beside where it was. A process that has it open keeps it open.
 * @returns the new name
 */
export function putAside(folder: string, nowMs: number): string {
  const time = new Date(nowMs).toISOString().replace(/[-:]/g, '');
  const nameIt = (count: number) => `${databaseName}.spoilt-${time}${count === 0 ? '' : `.${count}`}`;
  let count = 0;
  while (existsSync(join(folder, nameIt(count)))) count += 1;
  const name = nameIt(count);
  for (const suffix of companions) {
    const file = join(folder, `${databaseName}${suffix}`);
    if (existsSync(file)) renameSync(file, join(folder, `${name}${suffix}`));
  }
  const others = readdirSync(folder).filter((one) => asideName.test(one) && one !== name);
  for (const old of others.sort().slice(0, 1 - maxKept)) {
    for (const suffix of companions) rmSync(join(folder, `${old}${suffix}`), { force: true });
  }
  return name;
}
