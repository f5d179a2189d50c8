import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Server } from '../bench/stage.js';
import type { Sample } from './sample.js';

const mebibyte = 1024 * 1024;

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
