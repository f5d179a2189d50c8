import Type, { type Static } from 'typebox';

/** What a process has used since it began, as its probe tells. */
export const Usage = Type.Object({
  /** When it was asked, in milliseconds, by a clock that only runs forward. */
  atMs: Type.Number(),
  /** User and system time of all threads. */
  cpuMs: Type.Number(),
  residentBytes: Type.Number(),
  /** What the last full collection left on the JavaScript heap; before the first one, all that is there. */
  liveHeapBytes: Type.Number(),
  /** Everything that was ever put on the JavaScript heap; what the collector took away again is not subtracted. */
  allocatedBytes: Type.Number(),
  /** 99th percentile of how late timers were since the probe was asked before. */
  loopDelayP99Ms: Type.Number(),
  /** Sockets, timers, files and requests that keep the process alive. */
  activeResources: Type.Number(),
});

export type Usage = Static<typeof Usage>;
