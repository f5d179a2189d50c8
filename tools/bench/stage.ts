import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Child, startChild } from './child.js';

/** A server under measurement. */
export interface Server {
  readonly child: Child;
  /** Without a slash at its end. */
  readonly url: string;
}

/** What a part of the benchmarks plays with: processes, and a folder for their files, all gone when it closes. */
export class Stage {
  readonly #folder: string;
  readonly #children: Child[] = [];

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(): Promise<Stage> {
    return new Stage(await mkdtemp(join(tmpdir(), 'connector-bench-')));
  }

  /** A folder for a service's store. */
  dataDir(name: string): string {
    return join(this.#folder, name);
  }

  /** The lean upstream. */
  upstream(): Promise<Server> {
    return this.#start('tools/bench/upstream/main.ts', { args: [] });
  }

  sandbox(): Promise<Server> {
    return this.#start('dist/sandbox/main.js', { args: ['--port', '0'] });
  }

  bare(upstream: Server): Promise<Server> {
    return this.#start('tools/bench/bare-server.ts', { args: [upstream.url] });
  }

  /** The service as it is deployed: with its limiter, validation, metrics and logs. */
  service(upstream: Server, env: Readonly<Record<string, string>>): Promise<Server> {
    return this.#start('dist/main.js', {
      env: {
        PORT: '0',
        DATA_DIR: this.dataDir('data'),
        PAGERDUTY_API_URL: upstream.url,
        PAGERDUTY_EVENTS_URL: upstream.url,
        ...env,
      },
    });
  }

  async close(): Promise<void> {
    for (const child of this.#children.reverse()) await child.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #start(script: string, options: { args?: string[]; env?: Record<string, string> }): Promise<Server> {
    const child = await startChild(script, {
      ...options,
      folder: this.#folder,
      until: /(http:\/\/[\w.:]+\d)\/?\s|"url":"([^"]+?)\/?"/,
    });
    this.#children.push(child);
    return { child, url: child.match[1] ?? child.match[2] ?? '' };
  }
}
