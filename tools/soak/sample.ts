import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Server } from '../bench/stage.js';

const mebibyte = 1024 * 1024;

/** What was recorded of the service at one moment. */
export interface Sample {
  /** Since the soak began. */
  readonly atSeconds: number;
  /** Which of the service's processes it was; a restart begins the next. */
  readonly life: number;
  readonly residentMib: number;
  /** What the last full collection left on the JavaScript heap. */
  readonly liveHeapMib: number;
  /** Sockets, timers, files and requests that are open. */
  readonly handles: number;
  readonly databaseMib: number;
  /** How many things have happened to incidents so far: each goes into the log of each connection. */
  readonly happened: number;
  /** 99th percentile since the sample before. */
  readonly loopDelayP99Ms: number;
}

/** Records the service as it is now. @throws {Error} if it has ended */
export async function takeSample(
  { child }: Server,
  known: Pick<Sample, 'atSeconds' | 'life' | 'happened'>,
  dataDir: string,
): Promise<Sample> {
  const usage = await child.usage();
  const databaseBytes = readdirSync(dataDir).reduce((sum, name) => sum + statSync(join(dataDir, name)).size, 0);
  return {
    ...known,
    residentMib: usage.residentBytes / mebibyte,
    liveHeapMib: usage.liveHeapBytes / mebibyte,
    handles: usage.activeResources,
    databaseMib: databaseBytes / mebibyte,
    loopDelayP99Ms: usage.loopDelayP99Ms,
  };
}
