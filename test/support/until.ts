import assert from 'node:assert/strict';

/** Lets sockets and other real work go on until `done`; a manual clock stands still meanwhile. */
export async function until(done: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + 10_000;
  while (!done()) {
    assert.ok(performance.now() < deadlineMs, 'what the test waits for never came');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
