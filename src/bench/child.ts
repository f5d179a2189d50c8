import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A process of its own: load, service and upstream must not share an event loop. */
export interface Child {
  readonly process: ChildProcess;
  /** The first text that the process printed and that matches. */
  readonly match: RegExpExecArray;
  stop(): Promise<void>;
}

/** Starts a Node process and waits until its output matches. @throws {Error} if it ends before */
export async function startChild(
  script: string,
  options: { args?: readonly string[]; env?: Readonly<Record<string, string>>; until: RegExp },
): Promise<Child> {
  const child = spawn(process.execPath, [script, ...(options.args ?? [])], {
    cwd: root,
    // The parent's environment is of no concern to what is measured.
    env: { ...options.env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const match = await new Promise<RegExpExecArray>((resolve, reject) => {
    let printed = '';
    child.stdout.on('data', (chunk: Buffer) => {
      if (printed.length > 100_000) return;
      printed += chunk.toString();
      const found = options.until.exec(printed);
      if (found !== null) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`${script} ended with ${code} before it was ready`)));
  });
  return {
    process: child,
    match,
    async stop() {
      if (child.exitCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

/** Runs a Node process to its end and gives what it printed. @throws {Error} if it fails */
export async function runChild(script: string, args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [script, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] });
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
  });
  const [code]: unknown[] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${script} ended with ${String(code)}`);
  return printed;
}
