import t from 'tap';
import { pageFor, resolveCursor } from '../../src/engine/answer-host.js';
import { type Cursor, decodeCursor } from '../../src/engine/cursor.js';
import type { LogPage, PageEvent } from '../../src/engine/event-store.js';
import type { SnapshotHeader } from '../../src/engine/snapshot.js';

const connectionId = 'f1a9b3c5d7e90123';
const hourMs = 3_600_000;
const retentionMs = 168 * hourMs;
const nowMs = 1_000 * hourMs;
const header: SnapshotHeader = { logStartMs: nowMs - 9 * hourMs, watermarkMs: nowMs - 120_000, source: 'timeline' };
const head = { sequence: 7, commitId: 'c7' };
const cursor: Cursor = {
  connectionId,
  position: head,
  sinceMs: nowMs - 8 * hourMs,
  watermarkMs: nowMs - 600_000,
};
const page: LogPage = { commitId: 'c9', head, header: '', trimmedToMs: 0, contains: true, events: [], rest: undefined };
const events = (count: number): PageEvent[] =>
  Array.from({ length: count }, (_, index) => ({
    ...{ sequence: 8 + index, commitId: 'c9', key: `${index}`, occurredAtMs: nowMs },
    payload: `{"n":${index}}`,
  }));

t.test('a position that the log contains is valid', async (t) => {
  const clock = { serverNowMs: nowMs, retentionMs };
  t.strictSame(resolveCursor(cursor, { page, header }, clock), {
    kind: 'valid',
    cursor,
    log: { page, header },
    needsBackfill: false,
  });
  const early = { ...cursor, sinceMs: header.logStartMs - 1 };
  t.match(resolveCursor(early, { page, header }, clock), { kind: 'valid', cursor: early, needsBackfill: true });
  const old = { ...cursor, watermarkMs: 0 };
  t.match(resolveCursor(old, { page, header }, clock), { kind: 'valid' }, 'however old it is');
});

t.test('a position that no log contains is replaced by one before everything, unless it is too old', async (t) => {
  const clock = { serverNowMs: nowMs, retentionMs };
  const recovered = {
    kind: 'recovered',
    cursor: { ...cursor, position: { sequence: 0, commitId: '' }, sinceMs: cursor.watermarkMs },
    readBackMs: 600_000,
  };
  t.strictSame(resolveCursor(cursor, { page: undefined, header: undefined }, clock), recovered, 'no log at all');
  t.strictSame(resolveCursor(cursor, { page: { ...page, contains: false }, header }, clock), recovered, 'another log');
  const lost = { page: undefined, header: undefined };
  const oldest = { ...cursor, watermarkMs: nowMs - retentionMs };
  t.match(resolveCursor(oldest, lost, clock), { kind: 'recovered', readBackMs: retentionMs });
  const expired = { ...cursor, watermarkMs: nowMs - retentionMs - 1 };
  t.strictSame(resolveCursor(expired, lost, clock), { kind: 'restart', reason: 'expired' });
});

t.test('a page, and where the host stands then', async (t) => {
  const answer = (log: { page: LogPage | undefined; header: SnapshotHeader | undefined }, state?: string) => {
    const { state: next, ...rest } = pageFor(cursor, log, { state, nowMs, retentionMs });
    return { ...rest, next: decodeCursor(next, connectionId) };
  };
  const some = answer({ page: { ...page, events: events(2) }, header }, 'state');
  t.strictSame(some.payloads, [{ n: 0 }, { n: 1 }]);
  t.equal(some.more, false);
  const { watermarkMs } = header;
  t.strictSame(some.next, { ...cursor, position: { sequence: 9, commitId: 'c9' }, watermarkMs });

  const full = answer({ page: { ...page, events: events(101) }, header }, 'state');
  t.equal(full.payloads.length, 100);
  t.equal(full.more, true);
  t.strictSame(full.next, { ...cursor, position: { sequence: 107, commitId: 'c9' } }, 'what waits may be older');
  t.equal(answer({ page: { ...page, events: events(100) }, header }, 'state').more, false);

  const short = { ...header, logStartMs: cursor.sinceMs + 1 };
  const partial = answer({ page: { ...page, events: events(1) }, header: short }, 'state');
  t.equal(partial.next?.watermarkMs, cursor.watermarkMs, 'the log is to be read back, and that may be older');
});

t.test('a host keeps its state while nothing is new, unless it has none that is good for long', async (t) => {
  const stateAfter = (log: LogPage | undefined, state: string | undefined, one = cursor) =>
    pageFor(one, { page: log, header }, { state, nowMs, retentionMs }).state;
  t.equal(stateAfter(page, 'state'), 'state');
  t.equal(stateAfter(undefined, 'state'), 'state', 'nor if there is no log');
  t.strictSame(decodeCursor(stateAfter(page, undefined), connectionId), { ...cursor, watermarkMs: header.watermarkMs });
  t.equal(stateAfter(page, 'state', { ...cursor, watermarkMs: nowMs - retentionMs / 2 }), 'state');
  t.not(stateAfter(page, 'state', { ...cursor, watermarkMs: nowMs - retentionMs / 2 - 1 }), 'state');
});
