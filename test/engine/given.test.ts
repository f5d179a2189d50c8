import fc from 'fast-check';
import t from 'tap';
import { decodeGiven, encodeGiven, givenOf, maxGiven, maxGivenText, remembered } from '../../src/engine/given.js';

const given = fc.record({
  key: fc.string(),
  atMs: fc.integer({ min: 1_767_603_600_000, max: 1_767_703_600_000 }),
  isAhead: fc.boolean(),
});

t.test('what was given is read as it was written, and needs no escaping in a URL', async (t) => {
  fc.assert(
    fc.property(fc.array(given, { maxLength: maxGiven }), (all) => {
      const list = all.map(({ key, atMs, isAhead }) => givenOf(key, atMs, isAhead));
      const { baseMs, text } = encodeGiven(list);
      t.strictSame(decodeGiven(text, baseMs), list);
      t.match(text, /^[\w-]*$/);
      t.ok(text.length <= maxGivenText);
    }),
  );
});

t.test('a time too far from the others is cut', async (t) => {
  const list = [givenOf('a', 0), givenOf('b', 7 * 86_400_000)];
  const { baseMs, text } = encodeGiven(list);
  t.strictSame(decodeGiven(text, baseMs), [list[0], { ...list[1], atMs: (64 ** 3 / 2 - 1) * 1000 }]);
});

t.test('what happened before a log is whole is forgotten, and of the rest what is too much, the oldest', async (t) => {
  const list = Array.from({ length: maxGiven + 5 }, (_, second) => givenOf(`${second}`, second * 1_000, second === 3));
  t.strictSame(remembered(list.slice(0, maxGiven), 3_000), list.slice(3, maxGiven));
  const [, , , ahead] = list;
  const latest = list.slice(6).toReversed();
  t.strictSame(remembered(list, Number.NEGATIVE_INFINITY), [ahead, ...latest], 'what is still to come stays');
  t.equal(givenOf('a', 1_001).atMs, 2_000, 'within a second it may be that it is not');
});

t.test('what the host has, and what lies before its frontier, would not come in another log either', async (t) => {
  const [early, ahead, late] = [givenOf('a', 1_000), givenOf('b', 1_000, true), givenOf('c', 3_000)];
  t.strictSame(remembered([early, ahead, late], Number.NEGATIVE_INFINITY, 2_000), [ahead, late]);
});
