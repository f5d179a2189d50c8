/**
 * Lets everything else that waits have its turn of the event loop: sockets, timers, other work. Long work does this
 * between its parts, as `await` alone lets nothing else go on. It is no time, so no clock moves it.
 */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
