import { writeFileSync } from 'node:fs';
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
  const owner = new SqliteStore(folder, { clock: new ManualClock() });
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
  const folder = t.testdir();
  writeFileSync(join(folder, 'events.db'), 'not a database\n'.repeat(100));
  const { lines, logger } = logLines();
  const clock = new ManualClock();
  const opening = openBackend(readConfig({ DATA_DIR: folder }), {
    clock,
    logger,
    random: () => 0.5,
    signal: undefined,
  });
  await t.rejects(opening, /not a database/);
  t.strictSame(lines, []);
});
