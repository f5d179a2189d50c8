import Database from 'libsql';
import t, { type Test } from 'tap';
import { inTransaction } from '../../src/stores/transactions.js';

function open(t: Test): Database.Database {
  const database = new Database(':memory:');
  t.teardown(() => database.close());
  database.exec('CREATE TABLE item (value TEXT)');
  return database;
}

t.test('a full disk is reported as such, though SQLite has rolled back by itself', async (t) => {
  const database = open(t);
  database.exec('PRAGMA max_page_count = 10');
  const insert = database.prepare('INSERT INTO item VALUES (?)');
  t.throws(() => inTransaction(database, () => insert.run('x'.repeat(1_000_000))), { message: /full/ });
  t.equal(database.inTransaction, false);
  inTransaction(database, () => insert.run('x'));
  t.equal(database.prepare('SELECT * FROM item').all().length, 1);
});

t.test('what fails half way leaves nothing behind', async (t) => {
  const database = open(t);
  const fail = () => {
    database.exec("INSERT INTO item VALUES ('x')");
    throw new Error('half way');
  };
  t.throws(() => inTransaction(database, fail), { message: 'half way' });
  t.equal(database.inTransaction, false);
  t.strictSame(database.prepare('SELECT * FROM item').all(), []);
});
