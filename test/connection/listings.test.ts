import t from 'tap';
import { Listings } from '../../src/connection/listings.js';
import { ManualClock } from '../support/manual-clock.js';

const mib = 1024 * 1024;

/** Listings, and which of them were read. */
function build({ bytes = 1 } = {}) {
  const clock = new ManualClock();
  const listings = new Listings(clock);
  const reads: string[] = [];
  const listing = (name: string) =>
    listings.of(name, async () => {
      reads.push(name);
      return Buffer.alloc(bytes, name);
    });
  return { clock, listings, reads, listing };
}

t.test('a list is read once for all who ask meanwhile, and once in fifteen seconds', async (t) => {
  const { clock, listings, reads, listing } = build();
  const [one, two] = await Promise.all([listing('a'), listing('a')]);
  t.equal(String(one), 'a');
  t.equal(one, two, 'whoever asks meanwhile waits for the same answer');
  await clock.advance(15_000);
  t.equal(await listing('a'), one);
  t.equal(String(await listing('b')), 'b');
  t.strictSame(reads, ['a', 'b']);
  await clock.advance(1);
  await Promise.all([listing('a'), listing('b')]);
  t.strictSame(reads, ['a', 'b', 'a']);
  await clock.advance(15_001);
  listings.sweep();
  t.equal(listings.bytes, 0, 'what is too old is forgotten');
});

t.test('a list that fails is told to all who wait for it, and tried again by the next', async (t) => {
  const { listings } = build();
  let reads = 0;
  const read = async () => {
    reads += 1;
    if (reads === 1) throw new Error('down');
    return Buffer.from(`${reads}`);
  };
  const failed = await Promise.allSettled([listings.of('a', read), listings.of('a', read)]);
  t.match(failed, [{ reason: { message: 'down' } }, { reason: { message: 'down' } }]);
  t.equal(reads, 1);
  t.equal(String(await listings.of('a', read)), '2');
  t.equal(String(await listings.of('a', read)), '2');
});

t.test('all lists together are bounded by their bytes: the one that was used longest ago makes room', async (t) => {
  const { listings, reads, listing } = build({ bytes: 4 * mib });
  const names = Array.from({ length: 17 }, (_, index) => `${index}`);
  for (const name of [...names, '16', '1', '0']) await listing(name);
  t.strictSame(reads, [...names, '0']);
  t.equal(listings.bytes, 64 * mib);
});

t.test('a list that newer ones push out while it is read is given to those who wait for it', async (t) => {
  const { listings, listing } = build({ bytes: 16 * mib });
  let finish: (list: Buffer) => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const slow = listings.of('slow', () => new Promise((resolve) => (finish = resolve)));
  const failing = listings.of('failing', () => new Promise((_, reject) => (fail = reject)));
  const failed = t.rejects(failing, { message: 'late' });
  for (let index = 0; index < 20; index += 1) await listing(`${index}`);
  const newer = await listing('failing');
  finish(Buffer.from('late'));
  fail(new Error('late'));
  t.equal(String(await slow), 'late');
  await failed;
  t.equal(await listing('failing'), newer, 'and a failure does not take the newer list with it');
});
