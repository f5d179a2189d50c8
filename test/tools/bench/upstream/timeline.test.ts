import t from 'tap';
import { lastChange } from '../../../../tools/bench/upstream/settings.js';
import { timelineOf } from '../../../../tools/bench/upstream/timeline.js';

const nowMs = Date.parse('2026-11-21T12:00:00Z');
const busy = { latencyMs: 0, intervalMs: 30_000, changingPercent: 1 };

function entries(connection: number, sinceMs: number, atMs: number, settings = busy): { log_entries: object[] } {
  const url = `/log_entries?since=${new Date(sinceMs).toISOString()}&offset=0`;
  return JSON.parse(timelineOf(connection, url, settings, atMs).toString());
}

t.test('one connection in a hundred changes within thirty seconds', async (t) => {
  const connections = Array.from({ length: 10_000 }, (_, index) => index);
  const changed = connections.filter((index) => {
    const atMs = lastChange(index, busy, nowMs)?.atMs ?? 0;
    return atMs > nowMs - 30_000 && atMs <= nowMs;
  });
  t.equal(changed.length, 100);
  t.equal(lastChange(1, { ...busy, changingPercent: 0 }, nowMs), undefined, 'none if nothing changes');
});

t.test('a change stays in the timeline for everybody who asks for its time', async (t) => {
  const changedAtMs = lastChange(7, busy, nowMs)?.atMs ?? 0;
  const later = entries(7, changedAtMs - 1_000, changedAtMs + 60_000).log_entries;
  t.equal(later.length, 3, 'created, assigned and acknowledged');
  t.strictSame(later, entries(7, changedAtMs - 1_000, changedAtMs + 90_000).log_entries, 'told the same again');
  t.equal(
    entries(7, changedAtMs + 1_000, changedAtMs + 60_000).log_entries.length,
    0,
    'not to those who ask for later',
  );
});
