import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from './free-port.js';

/** Whether there is a `redis-server` on the PATH. */
export const redisServerIsHere = spawnSync('redis-server', ['--version']).error === undefined;

/**
 * For the `skip` of a test that needs a Redis of its own: why it is skipped, or false if it runs. It also runs if
 * `REQUIRE_REDIS` is set, and fails if there is no `redis-server`.
 */
export const skipWithoutRedisServer: string | false =
  redisServerIsHere || process.env.REQUIRE_REDIS ? false : 'needs redis-server on the PATH (Debian: redis-server)';

/** A Redis of the test's own: on a free port, with a folder that goes with it. */
export class RedisServer {
  readonly url: URL;
  readonly #dir: string;
  readonly #appendOnly: boolean;
  readonly #settings: readonly string[];
  #process: ChildProcess | undefined;

  private constructor(port: number, dir: string, appendOnly: boolean, settings: readonly string[]) {
    this.url = new URL(`redis://127.0.0.1:${port}`);
    this.#dir = dir;
    this.#appendOnly = appendOnly;
    this.#settings = settings;
  }

  /** Starts one that answers; the test's end stops it. @throws {Error} if there is no `redis-server` */
  static async start(
    t: { teardown(end: () => unknown): void },
    options: {
      /** Whether it writes everything down, for a restart that is not empty. Default: no. */
      readonly appendOnly?: boolean;
      /** What else it is to be told, as on its command line. */
      readonly settings?: readonly string[];
    } = {},
  ): Promise<RedisServer> {
    if (!redisServerIsHere) throw new Error('This test needs redis-server on the PATH, and there is none.');
    const dir = await mkdtemp(join(tmpdir(), 'pagerduty-connector-redis-'));
    const server = new RedisServer(await freePort(), dir, options.appendOnly ?? false, options.settings ?? []);
    t.teardown(async () => {
      await server.kill();
      await rm(dir, { recursive: true, force: true });
    });
    await server.#start();
    return server;
  }

  /** SIGTERM, and waits for the end. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** SIGKILL, and waits for the end. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** It keeps its connections and answers nothing. */
  pause(): void {
    this.#process?.kill('SIGSTOP');
  }

  resume(): void {
    this.#process?.kill('SIGCONT');
  }

  /** Starts it again on the same port, after killing it if it still runs; with what it wrote down, or empty. */
  async restart(options: { readonly empty?: boolean } = {}): Promise<void> {
    await this.kill();
    if (options.empty ?? !this.#appendOnly) {
      for (const name of await readdir(this.#dir)) await rm(join(this.#dir, name), { recursive: true });
    }
    await this.#start();
  }

  async #start(): Promise<void> {
    const child = spawn(
      'redis-server',
      [
        ...['--bind', '127.0.0.1', '--port', this.url.port, '--dir', this.#dir],
        ...['--save', '', '--appendonly', this.#appendOnly ? 'yes' : 'no', ...this.#settings],
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    this.#process = child;
    let printed = '';
    child.stdout.on('data', (chunk: Buffer) => {
      if (printed.length < 100_000) printed += chunk.toString();
    });
    while (!(await this.#answers())) {
      if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}: ${printed}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async #answers(): Promise<boolean> {
    const probe = new Redis(this.url.href, { lazyConnect: true, retryStrategy: () => null });
    probe.on('error', () => undefined);
    try {
      await probe.connect();
      return (await probe.ping()) === 'PONG';
    } catch {
      return false;
    } finally {
      probe.disconnect();
    }
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    // A paused process ends by SIGTERM only once it goes on.
    child.kill('SIGCONT');
    await ended;
  }
}
