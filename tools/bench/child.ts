import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Compile } from 'typebox/compile';
import { Usage } from './usage.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const probe = new URL('probe.mjs', import.meta.url).href;
const usageOf = Compile(Usage);
let started = 0;

/** A process of its own: load, service and upstream must not share an event loop. */
export interface Child {
  readonly process: ChildProcess;
  /** The first text that the process printed and that matches. */
  readonly match: RegExpExecArray;
  /** What it has used so far. @throws {Error} if it has ended */
  usage(): Promise<Usage>;
  /** Ends it, and waits until it has ended. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/**
 * Starts a Node process and waits until its output matches. What it prints goes to a file in `folder`: a pipe would make
 * this process read along.
 * @throws {Error} if it ends before
 */
export async function startChild(
  script: string,
  options: {
    args?: readonly string[];
    env?: Readonly<Record<string, string>>;
    folder: string;
    until: RegExp;
  },
): Promise<Child> {
  started += 1;
  const output = join(options.folder, `output-${started}`);
  const file = openSync(output, 'w');
  const child = spawn(process.execPath, ['--import', probe, ...nodeArgs(script), ...(options.args ?? [])], {
    cwd: root,
    // The parent's environment is of no concern to what is measured.
    env: { ...options.env },
    stdio: ['ignore', file, 'inherit', 'ipc'],
  });
  closeSync(file);
  return {
    process: child,
    match: await matchIn(output, options.until, child, script),
    async usage() {
      const answer = await new Promise<unknown>((resolve, reject) => {
        const fail = () => reject(new Error(`${script} has ended with ${child.exitCode ?? child.signalCode}`));
        if (hasEnded(child)) return fail();
        child.once('exit', fail);
        child.once('message', (message) => {
          child.off('exit', fail);
          resolve(message);
        });
        child.send('usage');
      });
      return usageOf.Parse(answer);
    },
    async stop(signal = 'SIGTERM') {
      if (hasEnded(child)) return;
      child.kill(signal);
      await once(child, 'exit');
    },
  };
}

/** Runs a Node process to its end and gives what it printed. @throws {Error} if it fails */
export async function runChild(script: string, args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [...nodeArgs(script), ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
  });
  const [code]: unknown[] = await once(child, 'close');
  if (code !== 0) throw new Error(`${script} ended with ${String(code)}`);
  return printed;
}

/** What is measured is the built service as Node runs it; the tools beside it run from their source. */
function nodeArgs(script: string): readonly string[] {
  return script.endsWith('.ts') ? ['--import', 'tsx', script] : [script];
}

async function matchIn(output: string, until: RegExp, child: ChildProcess, script: string): Promise<RegExpExecArray> {
  for (;;) {
    const found = until.exec(readFileSync(output, 'utf8'));
    if (found !== null) return found;
    if (hasEnded(child)) throw new Error(`${script} ended with ${child.exitCode} before it was ready`);
    await delay(20);
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
