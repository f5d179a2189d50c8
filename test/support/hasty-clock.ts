import { ManualClock } from './manual-clock.js';

/** A manual clock that moves by itself to the end of every sleep, and remembers how long each was meant to be. */
export class HastyClock extends ManualClock {
  readonly sleepsMs: number[] = [];

  override sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    this.sleepsMs.push(durationMs);
    const done = super.sleep(durationMs, signal);
    void this.advance(durationMs);
    return done;
  }
}
