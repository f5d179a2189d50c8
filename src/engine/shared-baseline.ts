import type { Connection } from '../connection/connection.js';
import { PagerDutyResponseError } from '../pagerduty/errors.js';
import { type Baseline, readBaseline } from './begin-log.js';
import type { PollContext } from './poll-context.js';

/** What PagerDuty shows of an account, for the hosts that register: those that come at once share it. */
export class SharedBaseline {
  readonly #context: PollContext;
  /** What was read last, and what is read next, for all that have come since. */
  #last: Promise<Baseline | undefined> = Promise.resolve(undefined);
  #next: Promise<Baseline | undefined> | undefined;

  constructor(context: PollContext) {
    this.#context = context;
  }

  /** Whether a registration takes calls: this process has not read up to the present within an interval. */
  get isNeeded(): boolean {
    const { monotonicMs, options, presentReadAtMs } = this.#context;
    return monotonicMs - presentReadAtMs > options.pollIntervalMs;
  }

  /**
   * What PagerDuty shows now, for a host that registers; undefined if it is in the log: this process has read up to the
   * present within an interval.
   */
  async read(connection: Connection): Promise<Baseline | undefined> {
    // What was read may have been in a log that is lost, or has become older.
    if (!this.isNeeded && (await this.#context.log.isWhole())) return undefined;
    // Many may come at once. What is read for one that came before may have begun too early for this one.
    this.#next ??= this.#last
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        this.#last = this.#readNow(connection);
        return this.#last;
      });
    return this.#next;
  }

  async #readNow(connection: Connection): Promise<Baseline> {
    // The log may have been lost meanwhile: the next one begins with the timeline.
    const header = this.#context.log.snapshot?.header;
    // Events of the lists have other names in the timeline. If that may be back, it is what tells of the next ones.
    if (header !== undefined && header.timelineMs === undefined)
      return readBaseline(this.#context, connection, 'lists');
    try {
      return await readBaseline(this.#context, connection, 'timeline');
    } catch (error) {
      if (!(error instanceof PagerDutyResponseError) || error.pagerDutyStatus !== 403) throw error;
      return readBaseline(this.#context, connection, 'lists');
    }
  }
}
