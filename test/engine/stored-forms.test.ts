import t from 'tap';
import { connectionPrefixOf, decodeCursor, encodeCursor } from '../../src/engine/cursor.js';
import { hashOf } from '../../src/engine/given.js';
import { readHeader, readSnapshot, writeHeader, writeKnownEvent } from '../../src/engine/snapshot.js';

// Stores and hosts of earlier versions have these texts: a later version must read them, and write the same.

const connectionId = 'f1a9b3c5d7e90123';

t.test('a cursor is the text that it was', async (t) => {
  const first = 'WzEsImYxYTliM2M1ZDdlOSIsNDIsIjVjMGZmZWUxIiwxNzY3NjAzNjAwMDAwLDE3Njc2MDM5MDAwMDBd';
  const cursor = {
    connectionPrefix: 'f1a9b3c5d7e9',
    accountHash: undefined,
    position: { sequence: 42, commitId: '5c0ffee1' },
    sinceMs: 1_767_603_600_000,
    frontierMs: 1_767_603_900_000,
    issuedMs: 1_767_603_900_000,
    given: [],
  };
  t.strictSame(decodeCursor(first), cursor, 'of version 1');
  const second =
    'WzIsImYxYTliM2M1ZDdlOSIsNDIsIjVjMGZmZWUxIiwxNzY3NjAzNjAwMDAwLDE3Njc2MDM5MDAwMDAsMTc2NzYwNDAwMDAwMCwiQWItXzEyIiwxNzY3NjAzOTUwMDAwXQ.abcdefAAA-_1234gPo';
  const whole = {
    ...cursor,
    accountHash: 'Ab-_12',
    issuedMs: 1_767_604_000_000,
    given: [
      { hash: 'abcdef', atMs: 1_767_603_950_000, isAhead: false },
      { hash: '-_1234', atMs: 1_767_604_950_000, isAhead: true },
    ],
  };
  t.equal(encodeCursor(whole), second);
  t.strictSame(decodeCursor(second), whole);
  t.equal(connectionPrefixOf(connectionId), cursor.connectionPrefix);
  t.equal(hashOf('created P1'), 'QCbazc');
});

t.test('a text that is not a cursor is not taken for one', async (t) => {
  const texts = [
    '[3,"f",1,"c",1,1]',
    '[1,"f",-1,"c",1,1]',
    '[1,"f",1,2,1,1]',
    '[1,7,1,"c",1,1]',
    '[2,"f",1,"c",1,1,1,3,1]',
    '[2,"f",1,"c",1,8640000000000001,1,"",1]',
    '{}',
    'x',
  ];
  for (const text of texts) t.equal(decodeCursor(Buffer.from(text).toString('base64url')), undefined, text);
  for (const text of ['', '%', 'A.B.C', 'A'.repeat(2_000)]) t.equal(decodeCursor(text), undefined, text.slice(0, 9));
});

t.test('a header is the text that it was', async (t) => {
  const first = '{"coverageMs":1000,"horizonMs":2000,"source":"lists","serverAheadMs":-3}';
  const before = {
    logStartMs: 1_000,
    source: 'lists',
    newestMs: 2_000,
    accountHash: undefined,
    backfill: undefined,
    refusedWith: undefined,
  };
  t.strictSame(readHeader(first), { ...before, timelineMs: undefined, listsMs: 2_000 }, 'before sources had their own');
  const second = first.replace('lists', 'timeline');
  t.strictSame(readHeader(second), { ...before, source: 'timeline', timelineMs: 2_000, listsMs: undefined });
  const text =
    '{"coverageMs":1000,"horizonMs":3000,"account":"Ab-_12","timelineMs":3000,"listsMs":4000,"source":"lists","newestMs":5000,"backfill":{"fromMs":1,"readToMs":2},"refusedWith":401}';
  const header = {
    logStartMs: 1_000,
    accountHash: 'Ab-_12',
    timelineMs: 3_000,
    listsMs: 4_000,
    source: 'lists',
    newestMs: 5_000,
    backfill: { fromMs: 1, readToMs: 2 },
    refusedWith: 401,
  } as const;
  t.equal(writeHeader(header), text);
  t.strictSame(readHeader(text), header);
});

t.test('a known event is the text that it was', async (t) => {
  const header = '{"coverageMs":1000,"horizonMs":2000,"source":"timeline"}';
  const text = '{"atMs":5,"alias":"created P1  0"}';
  const known = { atMs: 5, matchKey: 'created P1  0' };
  t.equal(writeKnownEvent(known), text);
  t.strictSame(readSnapshot({ header, records: new Map([['key', text]]) }).known, new Map([['key', known]]));
  const untold = text.replace('}', ',"untold":true}');
  t.strictSame(readSnapshot({ header, records: new Map([['key', untold]]) }).known, new Map(), 'it is in no log');
});

t.test('a snapshot that is not one is not taken for one', async (t) => {
  t.throws(() => readHeader('{"horizonMs":2000,"source":"timeline"}'), TypeError);
  t.throws(() => readHeader('{"coverageMs":1000,"horizonMs":2000,"source":"rumour"}'), TypeError);
  const header = '{"coverageMs":1000,"horizonMs":2000,"source":"timeline"}';
  t.throws(() => readSnapshot({ header, records: new Map([['key', '{"atMs":5}']]) }), TypeError);
});
