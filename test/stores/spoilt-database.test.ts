import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import t, { type Test } from 'tap';
import { needsCheck } from '../../src/stores/open-database.js';
import { isSpoilt } from '../../src/stores/spoilt-database.js';
import { SqliteStore } from '../../src/stores/sqlite-store.js';
import { ManualClock } from '../support/manual-clock.js';
import { commitOf, eventOf, eventsOf, queryOf } from './event-store-contract.js';

const connection = 'f1a9b3c5d7e90123';
const pageBytes = 4_096;
const inUse = /no other process/;
const aside = 'events.db.spoilt-20260105T090000.000Z';

/** A store, and what it said of databases that it put aside. */
function open(t: Test, folder: string, clock = new ManualClock()) {
  const spoilt: { file: string; reason: string }[] = [];
  const store = new SqliteStore(folder, { clock, onSpoilt: ({ file, reason }) => spoilt.push({ file, reason }) });
  t.teardown(() => store.close());
  return { store, spoilt, clock };
}

/** More than SQLite keeps in memory. */
const events = Array.from({ length: 400 }, (_, index) => eventOf(`${index}`, { payload: '"x"'.repeat(4_000) }));

/** A folder with a store that has events. */
async function filled(t: Test): Promise<string> {
  const folder = t.testdir();
  const { store } = open(t, folder);
  await store.commit(connection, commitOf(undefined, 'm1', { events }));
  await store.close();
  return folder;
}

/** Writes over all pages from the third on, from another process: this one would lose its locks. */
function spoilPages(file: string, times = 1): void {
  const script = `
    const fs = require('node:fs');
    const file = fs.openSync(${JSON.stringify(file)}, 'r+');
    const pages = fs.fstatSync(file).size / ${pageBytes};
    for (let page = 2; page < pages; page += ${times})
      fs.writeSync(file, Buffer.alloc(${pageBytes}, 0x5a), 0, ${pageBytes}, page * ${pageBytes});`;
  if (spawnSync(process.execPath, ['-e', script]).status !== 0) throw new Error('The file could not be spoilt.');
}

/** The store is empty, can be written, and belongs to whoever has it. */
async function worksAnew(t: Test, store: SqliteStore, folder: string): Promise<void> {
  t.equal(await store.load(connection), undefined);
  t.ok(await store.commit(connection, commitOf(undefined, 'n1', { events: [eventOf('a')] })));
  t.equal((await eventsOf(store, connection, queryOf())).length, 1);
  t.throws(() => open(t, folder), inUse);
}

const spoilings: Readonly<Record<string, (file: string) => void>> = {
  'a text': (file) => writeFileSync(file, 'not a database\n'.repeat(1_000)),
  'a short text': (file) => writeFileSync(file, 'no'),
  'the first page overwritten': (file) => {
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(0x5a, 0, pageBytes));
  },
  'the schema overwritten': (file) => {
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(0x5a, 100, pageBytes));
  },
  'half of it': (file) => truncateSync(file, Math.floor(readFileSync(file).length / 2 / pageBytes) * pageBytes),
  'each third page overwritten': (file) => spoilPages(file, 3),
  'no tables': (file) => {
    const database = new Database(file);
    database.exec('DROP TABLE event; DROP TABLE record; DROP TABLE connection; DROP TABLE lease;');
    database.close();
  },
  'the version of another': (file) => {
    const database = new Database(file);
    database.exec('PRAGMA user_version = 0');
    database.close();
  },
};

for (const [name, spoil] of Object.entries(spoilings)) {
  t.test(`a spoilt database is put aside when it is opened: ${name}`, async (t) => {
    const folder = await filled(t);
    spoil(join(folder, 'events.db'));
    const pagesOf = (name: string) => readFileSync(join(folder, name)).subarray(pageBytes);
    const before = pagesOf('events.db');
    const { store, spoilt } = open(t, folder);
    t.match(spoilt, [{ file: aside, reason: /./ }]);
    t.equal(spoilt.length, 1, 'which is told once');
    t.ok(before.equals(pagesOf(aside)), 'and kept as it was, but for a mark in its header perhaps');
    await worksAnew(t, store, folder);
    await store.close();
    const names = readdirSync(folder).filter((name) => !name.startsWith(aside));
    t.strictSame(names, ['events.db'], 'nothing else is left');
    const { store: next, spoilt: none } = open(t, folder);
    t.equal((await eventsOf(next, connection, queryOf())).length, 1, 'the next process finds what was begun');
    t.strictSame(none, []);
  });
}

t.test('a large database that was closed is not looked at whole: the next process is to take over soon', async (t) => {
  const gigabyte = 1024 ** 3;
  t.equal(needsCheck({ wasClosed: true, bytes: gigabyte }), false);
  t.equal(needsCheck({ wasClosed: true, bytes: gigabyte / 2 }), true);
  t.equal(needsCheck({ wasClosed: false, bytes: gigabyte }), true, 'a crash may have spoilt it');
});

t.test('what a crash has left beside a spoilt database goes with it', async (t) => {
  const folder = await filled(t);
  const file = join(folder, 'events.db');
  const crash = `
    const database = new (require('libsql'))(${JSON.stringify(file)});
    database.exec("PRAGMA journal_mode = WAL; UPDATE connection SET revision = 'm2'");
    process.kill(process.pid, 'SIGKILL')`;
  t.equal(spawnSync(process.execPath, ['-e', crash]).signal, 'SIGKILL');
  spoilPages(file, 3);
  const before = readFileSync(`${file}-wal`);
  const { store, spoilt } = open(t, folder);
  t.equal(spoilt.length, 1);
  t.ok(before.equals(readFileSync(join(folder, `${aside}-wal`))));
  await worksAnew(t, store, folder);
});

t.test('a database that is found spoilt while it is in use is put aside, and the store goes on', async (t) => {
  const folder = await filled(t);
  const { store, spoilt, clock } = open(t, folder);
  t.match(await store.acquireLease(connection, 30_000), { granted: true });
  t.equal((await eventsOf(store, connection, queryOf({ limit: 1 }))).length, 1);
  spoilPages(join(folder, 'events.db'));
  const failed = store.read(connection, queryOf());
  await t.rejects(failed, { code: /^store_unavailable$/, cause: { message: /malformed/ } });
  t.match(spoilt, [{ file: aside, reason: /malformed/ }]);
  await worksAnew(t, store, folder);
  t.equal(spoilt.length, 1);
  t.match(await store.acquireLease(connection, 30_000), { granted: false }, 'a lease is still held');
  await clock.advance(30_000);
  t.match(await store.acquireLease(connection, 30_000), { granted: true, commitId: 'n1' });
  t.ok(existsSync(join(folder, aside)));
  await store.close();
  t.match(await open(t, folder).store.locate(connection), { commitId: 'n1' });
});

t.test('so is one with a row that nobody wrote', async (t) => {
  const folder = await filled(t);
  const database = new Database(join(folder, 'events.db'));
  database.exec("UPDATE connection SET header = x'00'");
  database.close();
  const { store, spoilt } = open(t, folder);
  await t.rejects(store.load(connection), { code: /^store_unavailable$/ });
  t.match(spoilt, [{ file: aside, reason: /cannot read/ }]);
  await worksAnew(t, store, folder);
});

t.test('a database that has another name by now is not the one to put aside', async (t) => {
  const folder = await filled(t);
  const { store, spoilt } = open(t, folder);
  for (const suffix of ['', '-wal']) {
    const file = join(folder, `events.db${suffix}`);
    if (existsSync(file)) renameSync(file, join(folder, `moved.db${suffix}`));
  }
  const { store: other } = open(t, folder);
  await other.commit(connection, commitOf(undefined, 'o1'));
  spoilPages(join(folder, 'moved.db'));
  await t.rejects(store.read(connection, queryOf()), { cause: { message: /malformed/ } });
  await t.rejects(store.locate(connection), { code: /^store_unavailable$/, cause: { message: inUse } });
  t.strictSame(spoilt, []);
  t.match(await other.locate(connection), { commitId: 'o1' });
  await other.close();
  t.match(await store.locate(connection), { commitId: 'o1' }, 'once the other has gone, it has the folder');
});

t.test('of several processes that find a database spoilt one puts it aside', async (t) => {
  const folder = await filled(t);
  const file = join(folder, 'events.db');
  writeFileSync(file, 'not a database');
  const guard = new Database(`${file}-guard`);
  guard.exec('BEGIN EXCLUSIVE');
  t.throws(() => open(t, folder), inUse);
  t.equal(readFileSync(file, 'utf8'), 'not a database');
  guard.exec('ROLLBACK');
  guard.close();
  await worksAnew(t, open(t, folder).store, folder);
});

t.test('the last three spoilt databases are kept, however clocks went', async (t) => {
  const folder = t.testdir();
  const clock = new ManualClock();
  const names: string[] = [];
  for (const stepMs of [0, 0, 1_000, 1_000, -3_600_000]) {
    clock.step(stepMs);
    writeFileSync(join(folder, 'events.db'), 'not a database'.repeat(1_000));
    const { store, spoilt } = open(t, folder, clock);
    await store.close();
    for (const { file } of spoilt) {
      names.push(file);
      writeFileSync(join(folder, `${file}-wal`), 'beside it');
    }
  }
  t.equal(new Set(names).size, 5);
  const kept = [names[2], names[3], names[4]].sort();
  t.strictSame(readdirSync(folder), ['events.db', ...kept.flatMap((name) => [name, `${name}-wal`])]);
});

t.test('what passes is not taken for spoilt', async (t) => {
  const { SqliteError } = Database;
  for (const code of [
    'SQLITE_FULL',
    'SQLITE_BUSY',
    'SQLITE_CANTOPEN',
    'SQLITE_READONLY',
    'SQLITE_PERM',
    'SQLITE_IOERR',
  ])
    t.equal(isSpoilt(new SqliteError('no', code, 1)), false, code);
  for (const code of ['SQLITE_CORRUPT', 'SQLITE_CORRUPT_INDEX', 'SQLITE_NOTADB'])
    t.equal(isSpoilt(new SqliteError('no', code, 1)), true, code);
  t.equal(isSpoilt(new Error('database disk image is malformed')), false);
});
