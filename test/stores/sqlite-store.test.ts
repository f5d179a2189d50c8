import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import t, { type Test } from 'tap';
import { SqliteStore } from '../../src/stores/sqlite-store.js';
import { commitOf, eventOf, eventsOf, holds, queryOf, testEventStore } from './event-store-contract.js';

function open(t: Test, folder = t.testdir()): SqliteStore {
  const store = new SqliteStore(folder);
  t.teardown(() => store.close());
  return store;
}

testEventStore(t, (t) => open(t));

const connection = 'f1a9b3c5d7e90123';

t.test('opening the same folder again finds everything as it was left', async (t) => {
  const folder = join(t.testdir(), 'made', 'if missing');
  const first = new SqliteStore(folder);
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
    log.map(({ sequence, mark }) => ({ sequence, mark })),
    [{ sequence: 2, mark: 'm2' }],
  );
  t.equal(await holds(second, connection, { sequence: 1, mark: 'm1' }), true);
  t.equal(await holds(second, connection, { sequence: 0, mark: 'm0' }), false);
  t.equal(await second.commit(connection, commitOf('m1', 'late')), undefined);
  t.match(await second.commit(connection, commitOf('m2', 'm3', { events: [eventOf('c')] })), { sequence: 3 });
});

t.test('two stores on one folder take turns: what one commits overtakes the other', async (t) => {
  const folder = t.testdir();
  const [one, two] = [open(t, folder), open(t, folder)];
  await one.commit(connection, commitOf(undefined, 'm1', { events: [eventOf('a')] }));
  t.equal(await two.commit(connection, commitOf(undefined, 'n1', { events: [eventOf('b')] })), undefined);
  t.match(await two.commit(connection, commitOf('m1', 'n2', { events: [eventOf('c')] })), { mark: 'n2' });
  t.equal(await one.commit(connection, commitOf('m1', 'm2')), undefined);
  t.strictSame(await eventsOf(one, connection, queryOf()), await eventsOf(two, connection, queryOf()));
  t.strictSame(await one.load(connection), await two.load(connection));
});

t.test('what another process commits and trims is seen at once, though rows are remembered', async (t) => {
  const folder = t.testdir();
  const [one, two] = [open(t, folder), open(t, folder)];
  t.equal(await one.locate(connection), undefined);
  await two.commit(connection, commitOf(undefined, 'm1', { learnedAtMs: 100, events: [eventOf('a')] }));
  for (let look = 0; look < 2; look += 1) t.match(await one.locate(connection), { revision: 'm1' });
  await two.commit(connection, commitOf('m1', 'm2', { learnedAtMs: 100, events: [eventOf('b')] }));
  t.equal((await eventsOf(one, connection, queryOf())).length, 2);
  t.match(await one.locate(connection), { revision: 'm2', head: { sequence: 2, mark: 'm2' } });
  await two.trim(200);
  t.equal(await one.locate(connection), undefined);
});

t.test(
  'a host at the end of the log is told in the next turn of the event loop what another process wrote',
  async (t) => {
    const folder = t.testdir();
    const [one, two] = [open(t, folder), open(t, folder)];
    await two.commit(connection, commitOf(undefined, 'm1', { events: [eventOf('a')] }));
    const atTheEnd = queryOf({ after: { sequence: 1, mark: 'm1' } });
    t.match(await one.read(connection, atTheEnd), { holds: true, events: [] });
    await two.commit(connection, commitOf('m1', 'm2', { events: [eventOf('b')] }));
    await new Promise((resolve) => setImmediate(resolve));
    t.match(await one.read(connection, atTheEnd), { holds: true, head: { sequence: 2 }, events: [{ sequence: 2 }] });
  },
);

t.test('a commit that fails leaves nothing remembered of it', async (t) => {
  const folder = t.testdir();
  const store = open(t, folder);
  await store.commit(connection, commitOf(undefined, 'm1'));
  const database = new Database(join(folder, 'events.db'));
  t.teardown(() => database.close());
  database.exec("CREATE TRIGGER refuse BEFORE UPDATE ON connection BEGIN SELECT RAISE(ABORT, 'no'); END");
  await t.rejects(store.commit(connection, commitOf('m1', 'm2', { events: [eventOf('a')] })));
  t.match(await store.locate(connection), { revision: 'm1', head: { sequence: 0 } });
  const another = 'f1a9b3c5d7e90124';
  await t.rejects(store.commit(another, commitOf(undefined, 'n1', { events: [eventOf('a')] })));
  t.equal(await store.locate(another), undefined, 'nor of a row that was taken back');
});

t.test('a folder written by a newer version is refused, and left as it is', async (t) => {
  const folder = t.testdir();
  await new SqliteStore(folder).close();
  const database = new Database(join(folder, 'events.db'));
  database.exec('PRAGMA user_version = 99');
  database.close();
  const before = readFileSync(join(folder, 'events.db'));
  const message = /^the event store is of version 99, this service knows versions up to \d+: .*DATA_DIR$/;
  t.throws(() => new SqliteStore(folder), { message });
  t.ok(before.equals(readFileSync(join(folder, 'events.db'))));
});

t.test('a place that cannot be a folder is refused by the name of its variable', async (t) => {
  const folder = join(t.testdir({ file: 'in the way' }), 'file');
  t.throws(() => new SqliteStore(folder), {
    message: new RegExp(`^DATA_DIR: expected a folder that this service can write to, got ${folder} \\(.+\\)\\.$`),
  });
});

t.test('a file that is no database is refused, and left as it is', async (t) => {
  const folder = t.testdir();
  const file = join(folder, 'events.db');
  const text = 'not a database\n'.repeat(100);
  writeFileSync(file, text);
  t.throws(() => new SqliteStore(folder), /not a database/);
  t.equal(readFileSync(file, 'utf8'), text);
});

t.test('a commit that fails half-way leaves nothing behind', async (t) => {
  const folder = t.testdir();
  const store = open(t, folder);
  await store.commit(connection, commitOf(undefined, 'm1', { events: [eventOf('a')] }));
  const before = await store.load(connection);
  const database = new Database(join(folder, 'events.db'));
  t.teardown(() => database.close());
  database.exec(`CREATE TRIGGER full BEFORE INSERT ON record BEGIN SELECT RAISE(ABORT, 'disk full'); END`);
  const commit = commitOf('m1', 'm2', { events: [eventOf('b')], changedRecords: new Map([['P1', '1']]) });
  await t.rejects(store.commit(connection, commit), { code: /^store_unavailable$/, cause: { message: /disk full/ } });
  t.strictSame(await store.load(connection), before);
  t.equal((await eventsOf(store, connection, queryOf())).length, 1);
  database.exec('DROP TRIGGER full');
  t.match(await store.commit(connection, commit), { sequence: 2, mark: 'm2' });
});

t.test('a store that is closed is not ready', async (t) => {
  const store = new SqliteStore(t.testdir());
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
      const revision = round * 20 + commit;
      const before = revision === 0 ? undefined : `m${revision - 1}`;
      t.ok(await store.commit(connection, commitOf(before, `m${revision}`, { learnedAtMs: round, events })));
    }
    await store.trim(round);
    sizes.push(statSync(join(folder, 'events.db')).size);
  }
  await store.trim(4);
  const emptied = statSync(join(folder, 'events.db')).size;
  t.ok((sizes[3] ?? 0) < 1.5 * (sizes[0] ?? 0), `the file stays as large as what it keeps: ${sizes.join(', ')}`);
  t.ok(emptied < (sizes[0] ?? 0) / 4, `and is small again once nothing is kept: ${emptied}`);
});
