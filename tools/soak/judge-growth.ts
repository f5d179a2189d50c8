import { median } from '../bench/percentiles.js';
import type { Sample } from './sample.js';

/** Whether one of the recorded series has grown. */
export interface Growth {
  readonly name: string;
  readonly unit: string;
  /** The medians of the first, the second and the last third, after warming up. */
  readonly thirds: readonly [number, number, number];
  /** So much more at the end than at the beginning is no growth yet. */
  readonly tolerance: number;
  readonly grows: boolean;
}

interface Series {
  readonly name: string;
  readonly unit: string;
  readonly of: (sample: Sample) => number;
  /** So much of the first third is tolerated, and so much in any case. */
  readonly tolerated: readonly [part: number, least: number];
}

const series: readonly Series[] = [
  { name: 'resident memory', unit: 'MiB', of: ({ residentMib }) => residentMib, tolerated: [0.1, 15] },
  { name: 'live heap', unit: 'MiB', of: ({ liveHeapMib }) => liveHeapMib, tolerated: [0.1, 5] },
  { name: 'handles', unit: 'open', of: ({ handles }) => handles, tolerated: [0.1, 10] },
  { name: 'event loop held up, p99', unit: 'ms', of: ({ loopDelayP99Ms }) => loopDelayP99Ms, tolerated: [0.5, 20] },
  // Events stay for an hour at least, so the file itself has to grow; what an event takes must not.
  { name: 'database', unit: 'KiB an event', of: databaseKibOf, tolerated: [0.1, 1] },
];
/** A process first grows to its working size. */
const warmUpPart = 0.25;
/** In less, a collection or two would look like growth. */
const minSeconds = 180;
const minSamples = 9;

/**
 * Judges the last life of the service, which is the longest: a series grows if its last third lies above the first
 * by more than is tolerated, and has not levelled off. Undefined if that life was too short to tell.
 */
export function judgeGrowth(samples: readonly Sample[]): readonly Growth[] | undefined {
  const lastLife = samples.at(-1)?.life;
  const ofLife = samples.filter(({ life }) => life === lastLife);
  const settled = ofLife.slice(Math.ceil(ofLife.length * warmUpPart));
  const lastedSeconds = (settled.at(-1)?.atSeconds ?? 0) - (settled[0]?.atSeconds ?? 0);
  if (settled.length < minSamples || lastedSeconds < minSeconds) return undefined;
  const size = Math.floor(settled.length / 3);
  return series.map(({ name, unit, of, tolerated: [part, least] }) => {
    const first = median(settled.slice(0, size).map(of));
    const middle = median(settled.slice(size, -size).map(of));
    const last = median(settled.slice(-size).map(of));
    const tolerance = Math.max(part * first, least);
    const grows = last - first > tolerance && last - middle > tolerance / 4;
    return { name, unit, thirds: [first, middle, last], tolerance, grows };
  });
}

function databaseKibOf({ databaseMib, happened }: Sample): number {
  return (1024 * databaseMib) / Math.max(1, happened);
}
