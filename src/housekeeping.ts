import type { FastifyBaseLogger } from 'fastify';
import { createTask } from 'node-cron';

/**
 * Regular work that nobody waits for: each second the polls that are due begin, each minute idle connections are swept,
 * each hour old events are trimmed.
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
  const tasks = [
    createTask('* * * * * *', guarded('tick', work.tick), { noOverlap: true }),
    createTask('* * * * *', guarded('sweep', work.sweep), { noOverlap: true }),
    createTask('7 * * * *', guarded('trim', work.trim), { noOverlap: true }),
  ];
  for (const task of tasks) void task.start();
  return {
    stop() {
      for (const task of tasks) void task.destroy();
    },
  };
}
