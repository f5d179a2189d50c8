import type { Connection } from '../../src/connection/connection.js';
import type { Engine } from '../../src/engine/engine.js';
import type { EventFilter } from '../../src/engine/events.js';

/** A flow host that follows its state, as flow designers' runtimes do. */
export class SimulatedHost {
  readonly filter: EventFilter;
  /** Ids of what it received, in order: incidents, or notes. */
  readonly received: string[] = [];
  /** States it had, each with how much it had received by then. */
  readonly states: { readonly state: string; readonly received: number }[] = [];
  registeredAtMs: number | undefined;
  #state: string | undefined;

  constructor(filter: EventFilter) {
    this.filter = filter;
  }

  /** Polls until nothing more waits. A failure of the service leaves the host where it is, as it would a real one. */
  async poll(engine: Engine, connection: Connection, nowMs: () => number): Promise<void> {
    for (;;) {
      const answer = await engine.poll(connection, this.filter, this.#state).catch(() => undefined);
      if (answer === undefined) return;
      if (this.#state === undefined && answer.payloads.length > 0) throw new Error('The first poll fired.');
      this.registeredAtMs ??= nowMs();
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
