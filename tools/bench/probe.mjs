import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { GCProfiler, getHeapStatistics } from 'node:v8';

/**
 * Loaded into every process that the benchmarks start, before its own code: answers each message of the parent with
 * what the process has used. It measures the service and the bare server in the same way, and neither knows of it.
 */
const loopResolutionMs = 20;
const loopDelay = monitorEventLoopDelay({ resolution: loopResolutionMs });
loopDelay.enable();

let allocatedBytes = 0;
let heapBytes = usedHeapBytes();
/** @type {number | undefined} */
let liveHeapBytes;
let profiler = new GCProfiler();
profiler.start();

process.on('message', () => {
  process.send?.(usage());
});
// Being asked must not keep the process alive.
process.channel?.unref();

/** @returns {import("./usage.js").Usage} */
function usage() {
  countAllocations();
  const { user, system } = process.cpuUsage();
  const loopDelayP99Ms = Math.max(0, loopDelay.percentile(99) / 1e6 - loopResolutionMs);
  loopDelay.reset();
  return {
    atMs: performance.now(),
    cpuMs: (user + system) / 1000,
    residentBytes: process.memoryUsage.rss(),
    liveHeapBytes: liveHeapBytes ?? heapBytes,
    allocatedBytes,
    loopDelayP99Ms,
    activeResources: process.getActiveResourcesInfo().length,
  };
}

/** Between two collections the heap only grows, so the growths add up to what was allocated. */
function countAllocations() {
  for (const { gcType, beforeGC, afterGC } of profiler.stop().statistics) {
    allocatedBytes += Math.max(0, beforeGC.heapStatistics.usedHeapSize - heapBytes);
    heapBytes = afterGC.heapStatistics.usedHeapSize;
    if (/^Mark(Sweep)?Compact$/.test(gcType)) liveHeapBytes = heapBytes;
  }
  const nowBytes = usedHeapBytes();
  allocatedBytes += Math.max(0, nowBytes - heapBytes);
  heapBytes = nowBytes;
  profiler = new GCProfiler();
  profiler.start();
}

function usedHeapBytes() {
  return getHeapStatistics().used_heap_size;
}
