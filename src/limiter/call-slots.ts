import Bottleneck from 'bottleneck';
import type { Clock } from '../clock/clock.js';
import { type CallLimit, limiterFailed } from './call-limiter.js';

/** Far longer than Bottleneck takes. */
const maxAnswerMs = 1_000;

/**
 * A connection's slots in this process. Bottleneck owns them: as many as a window has room for, and no call is handed
 * out unless Bottleneck has granted them.
 *
 * One job of Bottleneck takes all slots in one go. Bottleneck needs some 4 ms of timers for a job, one job after the
 * other, so a job for each call would make calls of one instant wait for each other. The job holds the slots until no
 * call has come for a window. In that time each call is decided at once, by the log of calls alone.
 */
export class CallSlots {
  readonly #limit: CallLimit;
  readonly #clock: Clock;
  #opening: Promise<void> | undefined;
  /** Ends the job. There while the slots are held. */
  #endJob: (() => void) | undefined;
  #job: Promise<void> = Promise.resolve();
  #used = false;

  constructor(limit: CallLimit, clock: Clock) {
    this.#limit = limit;
    this.#clock = clock;
  }

  /**
   * To be called for each call. Returns nothing if the slots are held. If not, the promise resolves once they are, and
   * rejects with `call_limiter_failed` if Bottleneck drops the job.
   */
  hold(): Promise<void> | undefined {
    this.#used = true;
    if (this.#endJob !== undefined) return undefined;
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  /** Gives the slots back, and with them everything that is held. Never rejects. */
  async release(): Promise<void> {
    await this.#opening?.catch(() => undefined);
    this.#endJob?.();
    await this.#job;
  }

  /**
   * Bottleneck lets no job begin before the time of its making, by the wall clock. If that was set back meanwhile, even
   * by a millisecond, another Bottleneck grants the slots sooner.
   */
  #open(): Promise<void> {
    const { calls } = this.#limit;
    const bottleneck = new Bottleneck({ maxConcurrent: calls });
    return new Promise((granted, dropped) => {
      let isLate = false;
      const callOff = this.#clock.after(maxAnswerMs, () => {
        isLate = true;
        void bottleneck.stop();
      });
      const job = () => {
        callOff();
        granted();
        return new Promise<void>((end) => this.#endWhenUnused(end));
      };
      this.#job = bottleneck.schedule({ weight: calls }, job).catch((cause: unknown) => {
        callOff();
        const message = 'expected the rate limiter to grant a call that it has room for, but it dropped it; try again';
        if (isLate) granted(this.#open());
        else dropped(limiterFailed({ message, cause }));
      });
    });
  }

  /** Looks once a window whether a call has come since the last look. */
  #endWhenUnused(end: () => void): void {
    this.#used = false;
    const callOff = this.#clock.after(this.#limit.windowMs, () => {
      if (this.#used) this.#endWhenUnused(end);
      else this.#endJob?.();
    });
    this.#endJob = () => {
      this.#endJob = undefined;
      callOff();
      end();
    };
  }
}
