import { randomUUID } from 'node:crypto';
import closeWithGrace from 'close-with-grace';
import { createApp } from './app.js';
import { systemClock } from './clock/clock.js';
import { readConfig } from './config/settings.js';
import { createLogger } from './telemetry/logger.js';

/** Ten seconds from SIGTERM to the end: seven to drain, the rest to close. */
const graceMs = 9_500;

await start().catch((error: unknown) => {
  // One line that a person can act on; a stack trace would hide it.
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});

async function start(): Promise<void> {
  const config = readConfig();
  const logger = createLogger(config.logLevel);
  const stopping = new AbortController();
  // It may wait for the store, which keeps no process alive.
  const alive = setInterval(() => undefined, 60_000);
  const { signal } = stopping;
  const opening = createApp(config, { clock: systemClock, random: Math.random, uuid: randomUUID, logger, signal });
  closeWithGrace({ delay: graceMs, logger: false }, async ({ signal, err }) => {
    if (err !== undefined) logger.fatal({ err }, 'the service stops after an error that nothing caught');
    else logger.info({ signal }, 'the service stops');
    stopping.abort();
    const app = await opening.catch(() => undefined);
    await app?.close();
  });
  const app = await opening.catch((error: unknown) => {
    if (!stopping.signal.aborted) throw error;
  });
  if (app === undefined || stopping.signal.aborted) return;
  const url = await app.listen().catch(async (error: unknown) => {
    await app.close();
    throw error;
  });
  clearInterval(alive);
  logger.info({ url: url.href, store: app.store, docs: url.href.replace(/\/?$/, '/docs') }, 'the service listens');
}
