import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';

/** So long a look follows each turn of the event loop; then there are pauses, for waits that take seconds. */
const eagerMs = 50;
const pauseMs = 20;
const maxWaitMs = 60_000;

/**
 * Looks again and again, in real time, until there is something to see; gives what there is. Sockets and other real
 * work go on meanwhile; a manual clock stands still.
 * @param look sees nothing yet as long as it gives undefined or false
 */
export async function until<T>(
  look: () => T | Promise<T>,
  what = 'what the test waits for',
): Promise<Exclude<T, undefined | false>> {
  const beganMs = performance.now();
  for (;;) {
    const seen = await look();
    if (isThere(seen)) return seen;
    const waitedMs = performance.now() - beganMs;
    assert.ok(waitedMs < maxWaitMs, `${what} has not come within a minute`);
    if (waitedMs < eagerMs) await new Promise((resolve) => setImmediate(resolve));
    else await delay(pauseMs);
  }
}

function isThere<T>(seen: T): seen is Exclude<T, undefined | false> {
  return seen !== undefined && seen !== false;
}
