import t from 'tap';
import { decodeCursor, encodeCursor } from '../../src/engine/cursor.js';
import { readHeader, readSnapshot, writeHeader, writeKnownEvent } from '../../src/engine/snapshot.js';

// Stores and hosts of earlier versions have these texts: a later version must read them, and write the same.

const connectionId = 'f1a9b3c5d7e90123';

t.test('a cursor is the text that it was', async (t) => {
  const text = 'WzEsImYxYTliM2M1ZDdlOSIsNDIsIjVjMGZmZWUxIiwxNzY3NjAzNjAwMDAwLDE3Njc2MDM5MDAwMDBd';
  const cursor = {
    connectionId,
    position: { sequence: 42, commitId: '5c0ffee1' },
    sinceMs: 1_767_603_600_000,
    watermarkMs: 1_767_603_900_000,
  };
  t.equal(encodeCursor(cursor), text);
  t.strictSame(decodeCursor(text, connectionId), cursor);
  t.equal(decodeCursor(text, '0123456789abcdef'), undefined, 'of another connection');
});

t.test('a header is the text that it was', async (t) => {
  const text = '{"coverageMs":1000,"horizonMs":2000,"source":"lists","serverAheadMs":-3}';
  const header = { logStartMs: 1_000, watermarkMs: 2_000, source: 'lists', serverAheadMs: -3 } as const;
  t.equal(writeHeader(header), text);
  t.strictSame(readHeader(text), header);
  const { serverAheadMs, ...first } = header;
  t.equal(writeHeader(first), '{"coverageMs":1000,"horizonMs":2000,"source":"lists"}');
});

t.test('a known event is the text that it was', async (t) => {
  const header = '{"coverageMs":1000,"horizonMs":2000,"source":"timeline"}';
  for (const [text, known] of [
    ['{"atMs":5,"alias":"created P1  0"}', { atMs: 5, matchKey: 'created P1  0', isBaseline: false }],
    ['{"atMs":5,"alias":"created P1  0","untold":true}', { atMs: 5, matchKey: 'created P1  0', isBaseline: true }],
  ] as const) {
    t.equal(writeKnownEvent(known), text);
    t.strictSame(readSnapshot({ header, records: new Map([['key', text]]) }).known, new Map([['key', known]]));
  }
});

t.test('a snapshot that is not one is not taken for one', async (t) => {
  t.throws(() => readHeader('{"horizonMs":2000,"source":"timeline"}'), TypeError);
  t.throws(() => readHeader('{"coverageMs":1000,"horizonMs":2000,"source":"rumour"}'), TypeError);
  const header = '{"coverageMs":1000,"horizonMs":2000,"source":"timeline"}';
  t.throws(() => readSnapshot({ header, records: new Map([['key', '{"atMs":5}']]) }), TypeError);
});
