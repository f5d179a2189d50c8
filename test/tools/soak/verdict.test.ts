import t from 'tap';
import { failuresOf } from '../../../tools/soak/verdict.js';

const clean = {
  deliveries: { owed: 10, lost: 0, tooMany: 0 },
  restarts: [
    { signal: 'SIGTERM', exitCode: 0 },
    { signal: 'SIGKILL', exitCode: null },
  ],
};
const growth = (grows: boolean) => {
  const thirds = [100, 120, 140] as const;
  return [{ name: 'resident memory', unit: 'MiB', thirds, tolerance: 15, grows }];
};

t.test('a soak without loss, repetition, growth and unclean end has passed', async (t) => {
  t.strictSame(failuresOf(clean, growth(false)), []);
  t.strictSame(failuresOf(clean, undefined), [], 'also if it was too short to tell growth');
});

t.test('each of them fails it, and is named', async (t) => {
  t.strictSame(failuresOf(clean, growth(true)), ['resident memory grows']);
  t.strictSame(failuresOf({ ...clean, deliveries: { owed: 10, lost: 2, tooMany: 1 } }, undefined), [
    '2 deliveries lost',
    '1 deliveries too many',
  ]);
  t.strictSame(failuresOf({ ...clean, deliveries: { owed: 0, lost: 0, tooMany: 0 } }, undefined), [
    'nothing was to be delivered',
  ]);
  t.strictSame(failuresOf({ ...clean, restarts: [{ signal: 'SIGTERM', exitCode: 1 }] }, undefined), [
    'SIGTERM ended the service with 1',
  ]);
});
