import t from 'tap';
import { pacedCalls } from '../../../tools/bench/paced-calls.js';
import { answer, startUpstream } from '../../support/upstream.js';

const pace = { method: 'GET', callsEachSecond: 20, seconds: 0.5, expectedStatus: 200 } as const;

t.test('a slow answer does not lower the load', async (t) => {
  let open = 0;
  let maxOpen = 0;
  const upstream = await startUpstream(t, (response) => {
    open += 1;
    maxOpen = Math.max(maxOpen, open);
    setTimeout(() => {
      open -= 1;
      answer(response, {});
    }, 300);
  });
  const latencies = await pacedCalls({ ...pace, call: (index) => ({ url: upstream.url.href, key: `key-${index}` }) });
  t.equal(latencies.length, 10);
  t.ok(
    latencies.every((ms) => ms >= 290),
    `${latencies}`,
  );
  t.ok(maxOpen > 1, `${maxOpen} at a time`);
  t.strictSame(
    upstream.received.map(({ headers }) => headers['x-api-key']).sort(),
    Array.from({ length: 10 }, (_, index) => `key-${index}`),
  );
});
