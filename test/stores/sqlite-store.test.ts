import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import t, { type Test } from 'tap';
import { migrations } from '../../src/stores/migrations.js';
import { SqliteStore } from '../../src/stores/sqlite-store.js';
import { ManualClock } from '../support/manual-clock.js';
import { commitOf, contains, eventOf, eventsOf, queryOf, testEventStore } from './event-store-contract.js';

function storeIn(folder: string, clock = new ManualClock()): SqliteStore {
  return new SqliteStore(folder, { clock, onSpoilt: () => undefined });
}

function open(t: Test, folder = t.testdir(), clock = new ManualClock()): SqliteStore {
  const store = storeIn(folder, clock);
  t.teardown(() => store.close());
  return store;
}

testEventStore(t, (t) => open(t));

const connection = 'f1a9b3c5d7e90123';

t.test('opening the same folder again finds everything as it was left', async (t) => {
  const folder = join(t.testdir(), 'made', 'if missing');
  const first = storeIn(folder);
  await first.commit(connection, commitOf(undefined, 'm0', { learnedAtMs: 100 }));
  await first.commit(connection, commitOf('m0', 'm1', { learnedAtMs: 100, events: [eventOf('a')] }));
  await first.commit(
    connection,
    commitOf('m1', 'm2', {
      learnedAtMs: 300,
      header: '{"h":1}',
      changedRecords: new Map([['P1', '1']]),
      events: [eventOf('b')],
    }),
  );
  await first.trim(200);
  const remembered = await first.load(connection);
  const log = await eventsOf(first, connection, queryOf());
  await first.close();
  const second = open(t, folder);
  t.strictSame(await second.load(connection), remembered);
  t.strictSame(await eventsOf(second, connection, queryOf()), log);
  t.strictSame(
    log.map(({ sequence, commitId }) => ({ sequence, commitId })),
    [{ sequence: 2, commitId: 'm2' }],
  );
  t.equal(await contains(second, connection, { sequence: 1, commitId: 'm1' }), true);
  t.equal(await contains(second, connection, { sequence: 0, commitId: 'm0' }), false);
  t.equal(await second.commit(connection, commitOf('m1', 'late')), undefined);
  t.match(await second.commit(connection, commitOf('m2', 'm3', { events: [eventOf('c')] })), { sequence: 3 });
});

/** Opens the database of a folder that no store has, beside the product. */
function edit(folder: string, sql: string): void {
  const database = new Database(join(folder, 'events.db'));
  try {
    database.exec(sql);
  } finally {
    database.close();
  }
}

/** A store whose database does as `sql` says. */
async function openEdited(t: Test, sql: string): Promise<SqliteStore> {
  const folder = t.testdir();
  await storeIn(folder).close();
  edit(folder, sql);
  return open(t, folder);
}

t.test('a folder belongs to one store at a time, and to the next one when that is closed', async (t) => {
  const folder = t.testdir();
  const first = storeIn(folder);
  const inUse = { message: `DATA_DIR: expected a folder that no other process uses, got ${folder}.` };
  for (const work of [
    () => first.locate(connection),
    () => first.commit(connection, commitOf(undefined, 'm1', { events: [eventOf('a')] })),
    () => first.load(connection),
    () => eventsOf(first, connection, queryOf()),
    () => first.check(),
    () => first.trim(0),
  ]) {
    await work();
    t.throws(() => storeIn(folder), inUse);
    t.throws(() => edit(folder, 'PRAGMA user_version'), { code: 'SQLITE_BUSY' }, 'nor may anybody read it');
  }
  await first.close();
  t.strictSame(readdirSync(folder), ['events.db'], 'all is in one file');
  const second = open(t, folder);
  t.match(await second.locate(connection), { commitId: 'm1' });
  t.throws(() => storeIn(folder), inUse);
});

t.test('a database of each version before opens with what it has', async (t) => {
  const folders = Object.fromEntries(migrations.slice(1).map((_, index) => [`${index + 1}`, {}]));
  const root = t.testdir(folders);
  for (let version = 1; version < migrations.length; version += 1) {
    const folder = join(root, `${version}`);
    edit(
      folder,
      `${migrations.slice(0, version).join(';')}; PRAGMA user_version = ${version};
      INSERT INTO connection (fingerprint, revision, floor_sequence, floor_mark, head_sequence, head_mark, header, committed_at_ms)
      VALUES ('${connection}', 'm2', 1, 'm1', 3, 'm2', '{"h":1}', 300);
      INSERT INTO event VALUES (1, 2, 'm2', 'b', 'created', 'b', 150, 200, '1'), (1, 3, 'm2', 'c', 'created', 'c', 250, 300, '2');
      INSERT INTO record VALUES (1, 'b', 'known')`,
    );
    const store = open(t, folder);
    const head = { sequence: 3, commitId: 'm2' };
    const state = { commitId: version === 1 ? 'unmarked' : 'm2', head, header: '{"h":1}', trimmedToMs: 0 };
    t.strictSame(await store.load(connection), { ...state, records: new Map([['b', 'known']]) });
    t.match(await eventsOf(store, connection, queryOf()), [{ key: 'b' }, { key: 'c', occurredAtMs: 250 }]);
    t.equal(await store.isAccepted(connection), true, 'a log has what an accepted key has read');
    await store.trim(300);
    t.match(await store.load(connection), { head, trimmedToMs: 150 });
  }
});

t.test('a key that was accepted is forgotten once it is trimmed', async (t) => {
  const clock = new ManualClock();
  const store = open(t, t.testdir(), clock);
  await store.rememberAccepted('early');
  await clock.advance(1_000);
  await store.rememberAccepted('late');
  await store.trim(clock.now());
  t.strictSame([await store.isAccepted('early'), await store.isAccepted('late')], [false, true]);
});

t.test('a folder of the version before, which left its log of writes behind, opens as it is', async (t) => {
  const folder = t.testdir();
  const first = storeIn(folder);
  await first.commit(connection, commitOf(undefined, 'm1', { events: [eventOf('a')] }));
  await first.close();
  // In a process of its own, which ends without closing anything.
  const before = `
    const database = new (require('libsql'))(${JSON.stringify(join(folder, 'events.db'))});
    database.exec("PRAGMA journal_mode = WAL; UPDATE connection SET revision = 'm2'");
    process.kill(process.pid, 'SIGKILL')`;
  t.equal(spawnSync(process.execPath, ['-e', before]).signal, 'SIGKILL');
  t.strictSame(readdirSync(folder).sort(), ['events.db', 'events.db-shm', 'events.db-wal']);
  const second = open(t, folder);
  t.match(await second.locate(connection), { commitId: 'm2', head: { sequence: 1, commitId: 'm1' } });
  t.match(await second.commit(connection, commitOf('m2', 'm3', { events: [eventOf('b')] })), { sequence: 2 });
});

t.test('a process of the version before keeps the folder until it ends', async (t) => {
  const folder = t.testdir();
  await storeIn(folder).close();
  const before = new Database(join(folder, 'events.db'));
  before.exec('PRAGMA journal_mode = WAL; PRAGMA user_version;');
  t.throws(() => storeIn(folder), /no other process/);
  before.close();
  await open(t, folder).check();
});

t.test('a commit that fails leaves nothing remembered of it', async (t) => {
  const store = await openEdited(
    t,
    "CREATE TRIGGER refuse BEFORE UPDATE ON connection WHEN NEW.header = 'no' BEGIN SELECT RAISE(ABORT, 'no'); END",
  );
  await store.commit(connection, commitOf(undefined, 'm1'));
  await t.rejects(store.commit(connection, commitOf('m1', 'm2', { header: 'no', events: [eventOf('a')] })));
  t.match(await store.locate(connection), { commitId: 'm1', head: { sequence: 0 } });
  const another = 'f1a9b3c5d7e90124';
  await t.rejects(store.commit(another, commitOf(undefined, 'n1', { header: 'no', events: [eventOf('a')] })));
  t.equal(await store.locate(another), undefined, 'nor of a row that was taken back');
});

t.test('a folder written by a newer version is refused, and left as it is', async (t) => {
  const folder = t.testdir();
  await storeIn(folder).close();
  edit(folder, 'PRAGMA user_version = 99');
  const before = readFileSync(join(folder, 'events.db'));
  const message = /^the event store is of version 99, this service knows versions up to \d+: .*DATA_DIR$/;
  t.throws(() => storeIn(folder), { message });
  t.ok(before.equals(readFileSync(join(folder, 'events.db'))));
});

t.test('a place that cannot be a folder is refused by the name of its variable', async (t) => {
  const folder = join(t.testdir({ file: 'in the way' }), 'file');
  t.throws(() => storeIn(folder), {
    message: new RegExp(`^DATA_DIR: expected a folder that this service can write to, got ${folder} \\(.+\\)\\.$`),
  });
});

t.test('a commit that fails half-way leaves nothing behind', async (t) => {
  const store = await openEdited(
    t,
    "CREATE TRIGGER full BEFORE INSERT ON record WHEN NEW.id = 'P1' BEGIN SELECT RAISE(ABORT, 'disk full'); END",
  );
  await store.commit(connection, commitOf(undefined, 'm1', { events: [eventOf('a')] }));
  const before = await store.load(connection);
  const commit = commitOf('m1', 'm2', { events: [eventOf('b')], changedRecords: new Map([['P1', '1']]) });
  await t.rejects(store.commit(connection, commit), { code: /^store_unavailable$/, cause: { message: /disk full/ } });
  t.strictSame(await store.load(connection), before);
  t.equal((await eventsOf(store, connection, queryOf())).length, 1);
  const changedRecords = new Map([['P2', '1']]);
  t.match(await store.commit(connection, { ...commit, changedRecords }), { sequence: 2, commitId: 'm2' });
});

t.test('a store that is closed is not ready', async (t) => {
  const store = storeIn(t.testdir());
  await store.check();
  await store.close();
  await t.rejects(store.check());
  await t.rejects(store.commit(connection, commitOf(undefined, 'm1')));
});

t.test('trimming gives space back: the file does not grow without end', async (t) => {
  const folder = t.testdir();
  const store = open(t, folder);
  const payload = JSON.stringify({ text: 'x'.repeat(4_000) });
  const sizes: number[] = [];
  for (let round = 0; round < 4; round += 1) {
    for (let commit = 0; commit < 20; commit += 1) {
      const events = Array.from({ length: 20 }, (_, event) => eventOf(`${round} ${commit} ${event}`, { payload }));
      const number = round * 20 + commit;
      const before = number === 0 ? undefined : `m${number - 1}`;
      t.ok(await store.commit(connection, commitOf(before, `m${number}`, { learnedAtMs: round, events })));
    }
    await store.trim(round);
    sizes.push(statSync(join(folder, 'events.db')).size);
  }
  await store.trim(4);
  const emptied = statSync(join(folder, 'events.db')).size;
  t.ok((sizes[3] ?? 0) < 1.5 * (sizes[0] ?? 0), `the file stays as large as what it keeps: ${sizes.join(', ')}`);
  t.ok(emptied < (sizes[0] ?? 0) / 4, `and is small again once nothing is kept: ${emptied}`);
});
