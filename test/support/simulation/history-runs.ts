/**
 * How histories are played. The gate plays the same ones every time. Others: SEED=random, or a number; the one that
 * failed: SEED and HISTORY_PATH as the failure names them. SHRINK=yes looks for a shorter history that fails, which
 * takes long.
 * @param numRuns so many histories
 * @param limitMs whoever takes longer has failed
 */
export function historyRuns(numRuns: number, limitMs: number) {
  const { SEED = '1', HISTORY_PATH, SHRINK } = process.env;
  return {
    numRuns,
    interruptAfterTimeLimit: limitMs,
    markInterruptAsFailure: true,
    endOnFailure: SHRINK !== 'yes',
    ...(SEED === 'random' ? {} : { seed: Number(SEED) }),
    ...(HISTORY_PATH === undefined ? {} : { path: HISTORY_PATH }),
  };
}
