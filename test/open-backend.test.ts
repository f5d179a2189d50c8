import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { readConfig } from '../src/config/settings.js';
import { openBackend } from '../src/open-backend.js';
import { SqliteStore } from '../src/stores/sqlite-store.js';
import { logLines } from './support/log-lines.js';
import { ManualClock } from './support/manual-clock.js';

const waits = 'another process has the event store; waiting for its end';

/** A folder that a store has, and a backend that wants it. */
function waitForFolder(t: Test) {
  const folder = t.testdir();
  const owner = new SqliteStore(folder, { clock: new ManualClock(), onSpoilt: () => undefined });
  t.teardown(() => owner.close());
  const clock = new ManualClock();
  const { entries, logger } = logLines();
  const stopping = new AbortController();
  const opening = openBackend(readConfig({ DATA_DIR: folder }), {
    clock,
    logger,
    random: () => 0.5,
    signal: stopping.signal,
  });
  return { clock, entries, folder, opening, owner, stopping };
}

t.test('a folder that another has is waited for, with one line in the log', async (t) => {
  const { clock, entries, folder, opening, owner } = waitForFolder(t);
  let isOpen = false;
  void opening.then(() => {
    isOpen = true;
  });
  await clock.advance(10_000);
  t.equal(isOpen, false);
  t.match(entries(waits), [{ level: 40, folder }]);
  t.equal(entries(waits).length, 1);
  await owner.close();
  await clock.advance(200);
  t.equal(isOpen, true, 'and had within a second of its end');
  t.equal(clock.sleeping, 0);
  const { kind, store } = await opening;
  t.equal(kind, 'sqlite');
  await store.check();
  await store.close();
});

t.test('whoever waits for a folder can be told to stop', async (t) => {
  const { clock, opening, owner, stopping } = waitForFolder(t);
  await clock.advance(1_000);
  const rejected = t.rejects(opening, { name: 'AbortError' });
  stopping.abort();
  await rejected;
  t.equal(clock.sleeping, 0);
  await owner.check();
});

t.test('a folder that nobody can use is not waited for', async (t) => {
  const folder = t.testdir({ 'events.db': {} });
  const { lines, logger } = logLines();
  const options = { clock: new ManualClock(), logger, random: () => 0.5, signal: undefined };
  await t.rejects(openBackend(readConfig({ DATA_DIR: folder }), options), /^DATA_DIR: expected a folder/);
  t.strictSame(lines, []);
});

t.test('a spoilt store is put aside, with one line in the log that names it', async (t) => {
  const folder = t.testdir();
  writeFileSync(join(folder, 'events.db'), 'not a database\n'.repeat(100));
  const { entries, lines, logger } = logLines();
  const options = { clock: new ManualClock(), logger, random: () => 0.5, signal: undefined };
  const { store } = await openBackend(readConfig({ DATA_DIR: folder }), options);
  t.teardown(() => store.close());
  await store.check();
  const file = 'events.db.spoilt-20260105T090000.000Z';
  const line = { level: 50, folder, file, reason: 'file is not a database' };
  t.match(entries('the event store was spoilt; it is put aside, and begun anew'), [line]);
  t.equal(lines.length, 1);
  t.ok(existsSync(join(folder, file)));
});

t.test('a folder that others may read, and that is not to be narrowed, is warned of', async (t) => {
  const folder = t.testdir({ 'of somebody else': '' });
  chmodSync(folder, 0o755);
  const { entries, lines, logger } = logLines();
  const options = { clock: new ManualClock(), logger, random: () => 0.5, signal: undefined };
  const { store } = await openBackend(readConfig({ DATA_DIR: folder }), options);
  t.teardown(() => store.close());
  t.match(entries('others may read the event store, and it could not be narrowed'), [
    { level: 40, path: folder, mode: '755' },
  ]);
  t.equal(lines.length, 1);
});
