import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** The built service as a process of its own, which the end of its test kills if it still runs, ready or not. */
export class ServiceProcess {
  readonly process: ChildProcess;
  output = '';
  errors = '';

  constructor(t: { teardown(end: () => unknown): void }, environment: Readonly<Record<string, string>>) {
    this.process = spawn(process.execPath, [main], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    t.teardown(() => this.end('SIGKILL'));
    this.process.stdout?.on('data', (chunk: Buffer) => {
      this.output += chunk.toString();
    });
    this.process.stderr?.on('data', (chunk: Buffer) => {
      this.errors += chunk.toString();
    });
  }

  /** Waits until the service answers under a URL. @throws {Error} if the process ends before */
  async ready(url: string): Promise<void> {
    while (this.process.exitCode === null && this.process.signalCode === null) {
      const response = await fetch(`${url}/readyz`).catch(() => undefined);
      if (response?.ok === true) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`The service ended: ${this.errors}`);
  }

  /** Sends a signal and waits for the end; gives the exit code, or null after a signal that killed. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill(signal);
      await once(this.process, 'exit');
    }
    return this.process.exitCode;
  }
}
