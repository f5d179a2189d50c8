import type { Connection } from '../../src/connection/connection.js';
import type { Engine, PollAnswer } from '../../src/engine/engine.js';
import type { EventFilter } from '../../src/engine/events.js';

/** What was recorded when a host was registered, in numbers of the account's history. */
export interface Registration {
  readonly account: number;
  /** So much when its first request began, and when it was answered. */
  readonly recordedBefore: number;
  readonly recordedAfter: number;
  /** The true time when it began. */
  readonly atMs: number;
  /** Whether the timeline was refused then: what it would have shown was not to be seen. */
  readonly isBlind: boolean;
  /** The stamp of the newest entry that PagerDuty showed then; -Infinity if it showed none. */
  readonly newestStampMs: number;
  /** The same an interval before, as far as clocks admit: at least so much the service had read. */
  readonly readStampMs: number;
  /** So much was recorded when the host went to another account; undefined: it is still here. */
  recordedWhenLeft: number | undefined;
  /** Ids of what it received since then, in order: incidents, or notes. */
  readonly received: string[];
}

/** Gets a host's question to the service; undefined if that failed. */
export type Ask = (state: string | undefined) => Promise<PollAnswer | undefined>;

/** A flow host that follows its state, as flow designers' runtimes do. */
export class SimulatedHost {
  readonly filter: EventFilter;
  /** Which of the world's keys it uses. */
  key = 0;
  /** Where it was registered, one after the other: an account that it goes to makes it begin anew. */
  readonly registrations: Registration[] = [];
  /** States it had in this account, each with how much it had received by then. */
  states: { readonly state: string; readonly received: number }[] = [];
  #state: string | undefined;

  constructor(filter: EventFilter) {
    this.filter = filter;
  }

  /** Ids of what it received in the account in which it is, in order: incidents, or notes. */
  get received(): string[] {
    return this.registrations.at(-1)?.received ?? [];
  }

  get registeredAtMs(): number | undefined {
    return this.registrations.at(-1)?.atMs;
  }

  /** Whether the account in which it is has answered it. */
  get isRegistered(): boolean {
    const last = this.registrations.at(-1);
    return last !== undefined && last.recordedWhenLeft === undefined;
  }

  /** Takes down that it has another key now, of an account. @param recorded so much, in the account that it had */
  moved(account: number, recorded: number): void {
    const last = this.registrations.at(-1);
    if (last === undefined) return;
    // Whoever comes back from an account that has not answered has never been away.
    if (last.account === account) last.recordedWhenLeft = undefined;
    else last.recordedWhenLeft ??= recorded;
    this.states = [];
  }

  /** Polls until nothing more waits. A failure of the service leaves its position as it is, as it would a real one’s. */
  async poll(ask: Ask, register: () => Registration): Promise<void> {
    for (;;) {
      const answer = await ask(this.#state);
      if (answer === undefined) return;
      if (!this.isRegistered) {
        if (answer.payloads.length > 0) throw new Error('The first poll fired.');
        this.registrations.push(register());
      }
      this.received.push(...answer.payloads.map(idOf));
      this.#state = answer.state;
      this.states.push({ state: answer.state, received: this.received.length });
      if (!answer.more) return;
    }
  }

  /** Polls again from a state it had long ago; gives what comes, which must be what came then and nothing else. */
  async replay(engine: Engine, connection: Connection, from: number): Promise<readonly string[] | undefined> {
    const start = this.states[from];
    if (start === undefined) return undefined;
    const again: string[] = [];
    let state = start.state;
    for (;;) {
      const answer = await engine.poll(connection, this.filter, state).catch(() => undefined);
      if (answer === undefined) return undefined;
      again.push(...answer.payloads.map(idOf));
      state = answer.state;
      if (!answer.more) return again;
    }
  }
}

function idOf(payload: unknown): string {
  if (typeof payload === 'object' && payload !== null && 'id' in payload) return String(payload.id);
  throw new Error('A payload without an id.');
}
