import type { FastifyBaseLogger } from 'fastify';
import { createTask } from 'node-cron';

/**
 * Starts the work that no request waits for: each second the polls that are due begin, each minute idle connections are
 * swept, each hour old events are trimmed.
 */
export function startHousekeeping(work: {
  readonly logger: FastifyBaseLogger;
  readonly tick: () => void;
  readonly sweep: () => void;
  readonly trim: () => Promise<void>;
}): { stop(): void } {
  const guarded = (name: string, run: () => unknown) => async () => {
    try {
      await run();
    } catch (error) {
      // The next round does the work again; a failure must not end the rounds.
      work.logger.error({ err: error, work: name }, 'housekeeping failed');
    }
  };
  // node-cron's own messages go to the log; by default it prints coloured text.
  const { logger } = work;
  const options = {
    noOverlap: true,
    logger: {
      info: (message: string) => logger.info(message),
      warn: (message: string) => logger.warn(message),
      error: (message: string | Error, err?: Error) => logger.error({ err: err ?? message }, 'housekeeping failed'),
      debug: (message: string | Error) => logger.debug(String(message)),
    },
  };
  const tasks = [
    createTask('* * * * * *', guarded('tick', work.tick), options),
    createTask('* * * * *', guarded('sweep', work.sweep), options),
    createTask('7 * * * *', guarded('trim', work.trim), options),
  ];
  for (const task of tasks) void task.start();
  return {
    stop() {
      for (const task of tasks) void task.destroy();
    },
  };
}
