import fc from 'fast-check';
import t from 'tap';
import { FairQueue } from '../../src/pagerduty/fair-queue.js';
import { ManualClock } from '../support/manual-clock.js';

function build(places = 128) {
  const clock = new ManualClock();
  const queue = new FairQueue({ places, maxWaitMs: 10_000, clock });
  /** What got its place, in order. */
  const entered: string[] = [];
  const refused: string[] = [];
  const enter = (sender: string) => {
    void queue.enter(sender).then((isIn) => (isIn ? entered : refused).push(sender));
  };
  const settled = () => clock.advance(0);
  return { clock, queue, entered, refused, enter, settled };
}

t.test('a sender has eight places, and its next call waits until one of its own is back', async (t) => {
  const { queue, entered, enter, settled } = build();
  for (let calls = 0; calls < 20; calls += 1) enter('one');
  await settled();
  t.equal(entered.length, 8);
  queue.leave('one');
  await settled();
  t.equal(entered.length, 9);
});

t.test('however many calls twenty senders make, another one gets a place at once', async (t) => {
  const { queue, entered, enter, settled } = build();
  for (let sender = 0; sender < 20; sender += 1) for (let calls = 0; calls < 30; calls += 1) enter(`slow-${sender}`);
  await settled();
  t.ok(entered.length > 90 && entered.length < 128, `${entered.length} places are taken`);
  enter('quick');
  await settled();
  t.equal(entered.at(-1), 'quick');
  queue.leave('quick');
  await settled();
});

t.test('those that wait take turns, each in its own order', async (t) => {
  const { queue, entered, enter, settled } = build(1);
  enter('busy');
  for (const sender of ['a', 'a', 'a', 'b', 'c', 'b']) enter(sender);
  await settled();
  for (let turns = 0; turns < 6; turns += 1) {
    queue.leave(entered.at(-1) ?? '');
    await settled();
  }
  t.strictSame(entered, ['busy', 'a', 'b', 'c', 'a', 'b', 'a']);
});

t.test('what gets no place in time is told so, and takes none later', async (t) => {
  const { clock, queue, entered, refused, enter, settled } = build(1);
  enter('busy');
  enter('late');
  await clock.advance(9_999);
  t.strictSame(refused, []);
  await clock.advance(1);
  t.strictSame(refused, ['late']);
  queue.leave('busy');
  enter('next');
  await settled();
  t.strictSame(entered, ['busy', 'next']);
  t.equal(clock.sleeping, 0);
});

t.test('no place is given twice or lost, and nobody waits while a place is free for it', async () => {
  const move = fc.record({ sender: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), leaves: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 12 }), fc.array(move, { maxLength: 60 }), async (places, moves) => {
      const { clock, queue, entered, enter, settled } = build(places);
      const left: string[] = [];
      const underWay = (sender: string) =>
        entered.filter((one) => one === sender).length - left.filter((one) => one === sender).length;
      for (const { sender, leaves } of moves) {
        if (leaves && underWay(sender) > 0) {
          left.push(sender);
          queue.leave(sender);
        } else if (!leaves) enter(sender);
        await settled();
        if (entered.length - left.length > places) return false;
      }
      // Each ends what it has: then all have had their turn.
      const asked = moves.filter(({ leaves }) => !leaves).length;
      for (let rounds = 0; rounds < 200 && left.length < entered.length; rounds += 1) {
        const next = entered.find((sender) => underWay(sender) > 0) ?? '';
        left.push(next);
        queue.leave(next);
        await settled();
      }
      return entered.length >= asked && clock.sleeping === 0;
    }),
  );
});
