import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/**
 * Systems lend ports from here up (Linux from 32768, others from 49152) to whatever connects to somewhere: while a
 * process is killed and started again, another could be given its port.
 */
const endPort = 30_000;
const firstPort = 10_000;
const portsOfBlock = 50;

/**
 * A port that is free, and that no test gets besides: also none of the files that run at the same time. It stays free
 * between two processes that use it one after the other.
 */
export async function freePort(): Promise<number> {
  const { value } = await ports.next();
  if (value === undefined) throw new Error(`There is no free port from ${firstPort} to ${endPort}.`);
  return value;
}

const ports = portsOfThisProcess();

/** A block of ports belongs to the process that listens on its first, for as long as that lives. */
async function* portsOfThisProcess(): AsyncGenerator<number, undefined> {
  const blocks = (endPort - firstPort) / portsOfBlock;
  for (let tried = 0; tried < blocks; tried += 1) {
    const block = firstPort + ((process.pid + tried) % blocks) * portsOfBlock;
    const claim = await listen(block, '127.0.0.1');
    if (claim === undefined) continue;
    claim.unref();
    for (let port = block + 1; port < block + portsOfBlock; port += 1) if (await isFree(port)) yield port;
  }
  return undefined;
}

/** On every address, and on the one that some systems let others have besides. */
async function isFree(port: number): Promise<boolean> {
  for (const host of [undefined, '127.0.0.1']) {
    const server = await listen(port, host);
    if (server === undefined) return false;
    server.close();
    await once(server, 'close');
  }
  return true;
}

/** A server on that port, or nothing if somebody has it. */
async function listen(port: number, host: string | undefined): Promise<Server | undefined> {
  const server = createServer().listen(port, host);
  return once(server, 'listening').then(
    () => server,
    () => undefined,
  );
}
