import type { EngineObserver } from '../../src/engine/engine-options.js';

/** Hears all that an engine does, and keeps nothing of it. */
export const silentObserver: EngineObserver = {
  polled: () => undefined,
  restarted: () => undefined,
  recovered: () => undefined,
  clocksDiffer: () => undefined,
  canary: () => undefined,
};
