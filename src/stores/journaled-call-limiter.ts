import type { Clock } from '../clock/clock.js';
import type { CallAllowance, CallDecision, CallLimit, CallLimiter } from '../limiter/call-limiter.js';
import { LocalCallLimiter } from '../limiter/local-call-limiter.js';

/** What is written down of a connection's calls, so that they count after a restart and a crash. */
export interface CallJournal {
  /** How long ago calls were made, at least, oldest first. */
  read(): readonly number[];
  /** To be told of each call before it is handed out. */
  granted(): void;
  /** In place of what it was told: how long ago each call was made, oldest first. */
  settle(agesMs: readonly number[]): void;
}

/** A local limiter that begins with the calls of its journal, and writes down its own. */
export class JournaledCallLimiter implements CallLimiter {
  readonly #limiter: LocalCallLimiter;
  readonly #journal: CallJournal;
  #closed: Promise<void> | undefined;

  constructor(journal: CallJournal, options: { readonly limit: CallLimit; readonly clock: Clock }) {
    this.#journal = journal;
    this.#limiter = new LocalCallLimiter(options);
    for (const ageMs of journal.read()) this.#limiter.log.add(1, ageMs);
  }

  async take(): Promise<CallDecision> {
    const decision = await this.#limiter.take();
    if (decision.granted) this.#journal.granted();
    return decision;
  }

  status(): CallAllowance {
    return this.#limiter.status();
  }

  close(): Promise<void> {
    this.#closed ??= this.#limiter.close().then(() => this.#journal.settle(this.#limiter.log.agesMs()));
    return this.#closed;
  }
}
