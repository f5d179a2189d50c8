import type { Layer } from './layers.js';

/** What the Date header says. */
export type DateMode =
  | { readonly say: 'the truth' | 'nothing' | 'something that is not a date' }
  /** Off by so much; for one answer only, or until it is set anew. */
  | { readonly say: 'wrong'; readonly aheadMs: number; readonly once: boolean }
  /** The time at which this was set. */
  | { readonly say: 'the same'; readonly atMs: number };

/** The Date header, which whatever stands before PagerDuty may write by a clock of its own. */
export class DateHeader {
  mode: DateMode = { say: 'the truth' };
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  readonly layer: Layer = async (_asked, next) => {
    const given = await next();
    const { date: _, ...others } = given.headers;
    const date = this.#date();
    return { ...given, headers: date === undefined ? others : { ...others, date } };
  };

  #date(): string | undefined {
    const { mode } = this;
    if (mode.say === 'nothing') return undefined;
    if (mode.say === 'something that is not a date') return 'soon';
    if (mode.say === 'wrong' && mode.once) this.mode = { say: 'the truth' };
    const atMs = mode.say === 'the same' ? mode.atMs : this.#nowMs() + (mode.say === 'wrong' ? mode.aheadMs : 0);
    return new Date(atMs).toUTCString();
  }
}
