import type { Clock } from '../clock/clock.js';

/** A moment by two clocks, to be written down. */
export interface WrittenMoment {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

/**
 * How long ago something was written down, at least; undefined if nobody can tell. The wall clock may have been set, and
 * the monotonic one begins anew when the machine does: what says that less than nothing has passed is not believed, and
 * of the rest the smaller.
 */
export function elapsedSince(
  { wallMs, monotonicMs }: WrittenMoment,
  clock: Pick<Clock, 'now' | 'monotonic'>,
): number | undefined {
  const readings = [clock.now() - wallMs, clock.monotonic() - monotonicMs].filter((ms) => ms >= 0);
  return readings.length === 0 ? undefined : Math.min(...readings);
}
