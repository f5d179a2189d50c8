import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { exposedPaths } from '../../src/stores/private-files.js';
import { SqliteStore } from '../../src/stores/sqlite-store.js';
import { ManualClock } from '../support/manual-clock.js';
import { commitOf, eventOf } from './event-store-contract.js';

/** A store that has written something, under the file mask that most machines have. */
async function openIn(t: Test, folder: string): Promise<SqliteStore> {
  const mask = process.umask(0o022);
  try {
    const store = new SqliteStore(folder, { clock: new ManualClock(), onSpoilt: () => undefined });
    t.teardown(() => store.close());
    await store.commit('f1a9b3c5d7e90123', commitOf(undefined, 'm1', { events: [eventOf('a')] }));
    return store;
  } finally {
    process.umask(mask);
  }
}

function modesIn(folder: string): Readonly<Record<string, string>> {
  const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);
  return Object.fromEntries(['.', ...readdirSync(folder)].map((name) => [name, modeOf(join(folder, name))]));
}

t.test('a new folder, and all that is in it, is for the user of the service alone', async (t) => {
  const folder = join(t.testdir(), 'made', 'data');
  const store = await openIn(t, folder);
  const modes = modesIn(folder);
  t.ok('events.db-wal' in modes, 'while the store is open');
  t.strictSame(new Set(Object.values(modes)), new Set(['700', '600']));
  await store.close();
  t.strictSame(modesIn(folder), { '.': '700', 'events.db': '600' });
});

t.test('what an earlier version left for everybody is narrowed, also what was put aside', async (t) => {
  const folder = t.testdir();
  const first = await openIn(t, folder);
  await first.close();
  for (const name of ['events.db.spoilt-20260105T090000.000Z', 'events.db.spoilt-20260105T090000.000Z-wal'])
    writeFileSync(join(folder, name), '');
  for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o644);
  chmodSync(folder, 0o755);
  await openIn(t, folder);
  t.strictSame(new Set(Object.values(modesIn(folder))), new Set(['700', '600']));
  t.strictSame(exposedPaths(folder), []);
});

t.test('a database that is spoilt stays private when it is put aside, and so does the next', async (t) => {
  const folder = t.testdir();
  writeFileSync(join(folder, 'events.db'), 'not a database\n'.repeat(100));
  chmodSync(join(folder, 'events.db'), 0o644);
  await openIn(t, folder);
  const modes = modesIn(folder);
  t.ok('events.db.spoilt-20260105T090000.000Z' in modes);
  t.strictSame(new Set(Object.values(modes)), new Set(['700', '600']));
});

t.test('a folder that holds other things too is left as it is, and told of', async (t) => {
  const folder = t.testdir({ 'of somebody else': '' });
  chmodSync(folder, 0o750);
  await openIn(t, folder);
  t.match(modesIn(folder), { '.': '750', 'events.db': '600' });
  t.strictSame(exposedPaths(folder), [{ path: folder, mode: '750' }]);
});

t.test('no file is reached through a link', async (t) => {
  for (const name of ['events.db', 'events.db-wal', 'events.db-shm', 'events.db-journal', 'events.db-guard']) {
    const root = t.testdir({ data: {}, victim: 'mine' });
    const folder = join(root, 'data');
    symlinkSync(join(root, 'victim'), join(folder, name));
    const message = `DATA_DIR: expected ${name} to be a file, got a symbolic link in ${folder}. Remove the link, or set DATA_DIR to the folder of the file itself.`;
    await t.rejects(openIn(t, folder), { message });
    t.strictSame(readdirSync(folder), [name], 'and nothing is written');
  }
  const root = t.testdir({ data: {} });
  symlinkSync(join(root, 'nowhere'), join(root, 'data', 'events.db'));
  await t.rejects(openIn(t, join(root, 'data')), { message: /symbolic link/ });
  t.notOk(existsSync(join(root, 'nowhere')));
});

t.test('the folder itself may be a link', async (t) => {
  const root = t.testdir();
  mkdirSync(join(root, 'volume'));
  symlinkSync(join(root, 'volume'), join(root, 'data'));
  await openIn(t, join(root, 'data'));
  t.match(modesIn(join(root, 'volume')), { '.': '700', 'events.db': '600' });
  t.strictSame(exposedPaths(join(root, 'data')), []);
});
