import t from 'tap';
import { pageFor, resolveCursor } from '../../src/engine/answer-host.js';
import { type Cursor, decodeCursor } from '../../src/engine/cursor.js';
import type { LogPage, PageEvent } from '../../src/engine/event-store.js';
import type { EventKind } from '../../src/engine/events.js';
import { givenOf, maxGiven } from '../../src/engine/given.js';
import type { SnapshotHeader } from '../../src/engine/snapshot.js';

const connectionId = 'f1a9b3c5d7e90123';
const hourMs = 3_600_000;
const retentionMs = 168 * hourMs;
const nowMs = 1_000 * hourMs;
const header: SnapshotHeader = {
  logStartMs: nowMs - 9 * hourMs,
  timelineMs: nowMs - 120_000,
  source: 'timeline',
  newestMs: nowMs,
  accountHash: 'acme01',
};
const head = { sequence: 7, commitId: 'c7' };
const cursor: Cursor = {
  connectionPrefix: 'f1a9b3c5d7e9',
  accountHash: 'acme01',
  position: head,
  sinceMs: nowMs - 8 * hourMs,
  frontierMs: nowMs - 600_000,
  issuedMs: nowMs - 700_000,
  given: [],
};
const page: LogPage = { commitId: 'c9', head, header: '', trimmedToMs: 0, contains: true, events: [], rest: undefined };
const options = { connectionId, kind: 'created', nowMs, retentionMs } as const;

function events(count: number, occurredAtMs = nowMs): PageEvent[] {
  return Array.from({ length: count }, (_, index) => ({
    sequence: 8 + index,
    commitId: 'c9',
    key: `key ${index}`,
    occurredAtMs,
    payload: `{"n":${index}}`,
  }));
}

t.test('a position that the log contains is valid', async (t) => {
  const log = { page, header };
  t.strictSame(resolveCursor(cursor, log, options), { kind: 'valid', cursor, log, needsBackfill: false });
  const early = { ...cursor, frontierMs: header.logStartMs - 1 };
  t.match(resolveCursor(early, log, options), { kind: 'valid', cursor: early, needsBackfill: true });
  const old = { ...cursor, issuedMs: 0 };
  t.match(resolveCursor(old, log, options), { kind: 'valid' }, 'however old it is');
});

t.test(
  'a host whose position is in no log goes on from its frontier; what it was given is still to come',
  async (t) => {
    const given = givenOf('key 1', nowMs);
    const one = { ...cursor, given: [given] };
    const recovered = {
      kind: 'recovered',
      cursor: {
        ...cursor,
        position: { sequence: 0, commitId: '' },
        sinceMs: cursor.frontierMs,
        given: [{ ...given, isAhead: true }],
      },
      readBackMs: 700_000,
      needsBackfill: true,
    };
    t.strictSame(resolveCursor(one, { page: undefined, header: undefined }, options), recovered, 'no log at all');
    const log = { page: { ...page, contains: false }, header };
    t.strictSame(resolveCursor(one, log, options), { ...recovered, needsBackfill: false }, 'another log');
    const later = { ...log, header: { ...header, logStartMs: cursor.frontierMs + 1 } };
    t.strictSame(resolveCursor(one, later, options), recovered, 'a log that begins later');
    const trimmed = { ...log, page: { ...log.page, trimmedToMs: cursor.frontierMs + 1 } };
    t.strictSame(resolveCursor(one, trimmed, options), recovered, 'a log that was trimmed');
  },
);

t.test('a state of another key of the account is as good as one of a lost log', async (t) => {
  const foreign = { ...cursor, connectionPrefix: 'another-key-' };
  t.match(resolveCursor(foreign, { page, header }, options), {
    kind: 'recovered',
    cursor: { connectionPrefix: 'f1a9b3c5d7e9', position: { sequence: 0 } },
  });
  for (const accountHash of [undefined, 'acme01']) {
    t.match(resolveCursor({ ...foreign, accountHash }, { page, header }, options), { kind: 'recovered' });
  }
  const other = { ...foreign, accountHash: 'emca10' };
  t.strictSame(resolveCursor(other, { page, header }, options), { kind: 'restart', reason: 'other_account' });
  const unknown = { page, header: { ...header, accountHash: undefined } };
  t.match(resolveCursor(other, unknown, options), { kind: 'recovered' }, 'nothing shows whose account it is');
});

t.test('a state that is too old starts again, unless the log contains it', async (t) => {
  const lost = { page: undefined, header: undefined };
  const oldest = { ...cursor, issuedMs: nowMs - retentionMs };
  t.match(resolveCursor(oldest, lost, options), { kind: 'recovered', readBackMs: retentionMs });
  const expired = { ...cursor, issuedMs: nowMs - retentionMs - 1 };
  t.strictSame(resolveCursor(expired, lost, options), { kind: 'restart', reason: 'expired' });
  const other = { page: { ...page, contains: false }, header };
  t.match(resolveCursor(expired, other, options), { kind: 'recovered' }, 'a clock was set: the log says it is recent');
  const later = { ...other, header: { ...header, newestMs: expired.frontierMs + retentionMs + 1 } };
  t.strictSame(resolveCursor(expired, later, options), { kind: 'restart', reason: 'expired' });
});

function answer(
  log: { page: LogPage | undefined; header: SnapshotHeader | undefined },
  from = cursor,
  kind: EventKind = 'created',
) {
  const { state, ...rest } = pageFor(from, log, { state: 'state', kind, nowMs, retentionMs });
  return { ...rest, next: decodeCursor(state) };
}

t.test('a page, and the position of the host then', async (t) => {
  const some = answer({ page: { ...page, head: { sequence: 9, commitId: 'c9' }, events: events(2) }, header });
  t.strictSame(some.payloads, [{ n: 0 }, { n: 1 }]);
  t.equal(some.more, false);
  t.strictSame(some.next, {
    ...cursor,
    position: { sequence: 9, commitId: 'c9' },
    frontierMs: header.timelineMs,
    issuedMs: nowMs,
    given: ['key 0', 'key 1'].map((key) => givenOf(key, nowMs)),
  });
});

t.test('a host’s frontier moves up to what still waits for it, and no further', async (t) => {
  const waiting = (earliestMs: number) =>
    answer({ page: { ...page, events: events(100), rest: { earliestMs } }, header });
  t.equal(waiting(nowMs - 500_000).next?.frontierMs, nowMs - 500_000);
  t.equal(waiting(nowMs - 500_000).more, true);
  t.strictSame(waiting(nowMs).next?.position, { sequence: 107, commitId: 'c9' });
  t.equal(waiting(nowMs).next?.frontierMs, header.timelineMs, 'nor than the log’s own');
  t.equal(waiting(nowMs - 900_000).next?.frontierMs, cursor.frontierMs, 'and never back');
});

t.test('a host’s frontier stays while the log is to be read back', async (t) => {
  const short = { ...header, logStartMs: cursor.frontierMs + 1 };
  t.equal(answer({ page: { ...page, events: events(1) }, header: short }).next?.frontierMs, cursor.frontierMs);
});

t.test(
  'the frontier of an incident’s notes is moved by notes alone: those of a poll may be due for long',
  async (t) => {
    const short = { ...header, logStartMs: cursor.frontierMs + 1 };
    const notes = events(2, nowMs - 300_000);
    const next = answer({ page: { ...page, events: notes }, header: short }, cursor, 'noted').next;
    t.equal(next?.frontierMs, nowMs - 420_000, 'less what a list may be late');
    t.strictSame(next?.given, given(['key 0', 'key 1'], nowMs - 300_000));
    const renewed = { ...cursor, issuedMs: nowMs - retentionMs };
    t.equal(answer({ page, header }, renewed, 'noted').next?.frontierMs, cursor.frontierMs, 'nor by time');
    const lost = { page: { ...page, contains: false }, header: short };
    t.match(resolveCursor(cursor, lost, { ...options, kind: 'noted' }), { kind: 'recovered', needsBackfill: false });
  },
);

function given(keys: readonly string[], atMs = nowMs) {
  return keys.map((key) => givenOf(key, atMs));
}

t.test('a host does not get again what it was given since its frontier', async (t) => {
  const before = given(['key 1', 'key 3']);
  const again = answer({ page: { ...page, events: events(4) }, header }, { ...cursor, given: before });
  t.strictSame(again.payloads, [{ n: 0 }, { n: 2 }]);
  t.strictSame(again.next?.given, [...before, ...given(['key 0', 'key 2'])]);
  const past = given(['key 5'], (header.timelineMs ?? 0) - 1_000);
  const next = answer({ page: { ...page, events: events(1) }, header }, { ...cursor, given: past }).next;
  t.strictSame(next?.given, given(['key 0']), 'what lies behind the frontier does not come again anyway');
  const old = answer({ page: { ...page, events: events(3, nowMs - 200_000) }, header }).next;
  t.strictSame(old?.given, [], 'nor does what is older than it');
});

t.test('what a host was given is remembered up to a bound, and all of it while the log is read back', async (t) => {
  const before = given(Array.from({ length: 30 }, (_, index) => `before ${index}`));
  const full = { ...page, events: events(100) };
  const kept = (log: LogPage, one = header) =>
    answer({ page: log, header: one }, { ...cursor, given: before }).next?.given;
  for (const log of [full, { ...full, rest: { earliestMs: cursor.frontierMs } }]) {
    t.strictSame(kept(log)?.slice(0, 30), before);
    t.equal(kept(log)?.length, maxGiven);
  }
  const short = { ...header, logStartMs: cursor.frontierMs + 1 };
  t.strictSame(
    kept({ ...page, events: events(1, nowMs - 200_000) }, short)?.length,
    31,
    'all, while the log is read back',
  );
});

t.test('a host keeps its state while nothing is new, unless it has none that is good for long', async (t) => {
  const stateAfter = (log: LogPage | undefined, state: string | undefined, one = cursor) =>
    pageFor(one, { page: log, header }, { state, kind: 'created', nowMs, retentionMs }).state;
  t.equal(stateAfter(page, 'state'), 'state');
  t.equal(stateAfter(undefined, 'state'), 'state', 'nor if there is no log');
  const next = decodeCursor(stateAfter(page, undefined));
  t.strictSame(next, { ...cursor, frontierMs: header.timelineMs, issuedMs: nowMs });
  t.equal(stateAfter(page, 'state', { ...cursor, issuedMs: nowMs - retentionMs / 2 }), 'state');
  t.not(stateAfter(page, 'state', { ...cursor, issuedMs: nowMs - retentionMs / 2 - 1 }), 'state');
});

t.test('what was still to come, and has come, is remembered as what the host has', async (t) => {
  const [first] = events(1);
  if (first === undefined) throw new Error('expected an event');
  const ahead = { ...cursor, given: [givenOf(first.key, nowMs, true), givenOf('other', nowMs, true)] };
  const log = { page: { ...page, events: [first] }, header };
  const { payloads, state } = pageFor(ahead, log, { state: 'state', ...options });
  t.strictSame(payloads, [], 'it does not come');
  t.strictSame(decodeCursor(state)?.given, [givenOf(first.key, nowMs), givenOf('other', nowMs, true)]);
});
