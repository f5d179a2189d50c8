import Type, { type Static, type TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { Happened } from './judge-deliveries.js';

const readKeys = answer(Type.Object({ keys: Type.Array(Type.Object({ key: Type.String() })) }));
const readIncidents = answer(Type.Object({ incidents: Type.Array(Type.Object({ id: Type.String() })) }));
const readHistory = answer(
  Type.Object({
    history: Type.Array(
      Type.Object({
        kind: Type.String(),
        incidentId: Type.String(),
        userId: Type.Union([Type.String(), Type.Null()]),
        noteId: Type.Optional(Type.String()),
      }),
    ),
  }),
);

/** What people do in PagerDuty, and what goes wrong there, through the sandbox's control API. */
export class PagerDutyControls {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async makeKeys(count: number): Promise<string[]> {
    return readKeys(await this.#post('keys', { count })).keys.map(({ key }) => key);
  }

  /** Opens incidents at the same moment; gives their ids. */
  async open(title: string, count: number): Promise<string[]> {
    return readIncidents(await this.#post('incidents', { title, count })).incidents.map(({ id }) => id);
  }

  /** Does something to an incident; what an incident does not allow in its state is left undone. */
  async act(incidentId: string, action: string, body: object): Promise<void> {
    await this.#send(`incidents/${incidentId}/${action}`, body);
  }

  async fail(order: object): Promise<void> {
    await this.#post('faults', order);
  }

  /** Shows the log entries of the next actions later than they are written. */
  async showLate(actions: number, seconds: number): Promise<void> {
    await this.#post('late-entries', { actions, seconds });
  }

  async endFaults(): Promise<void> {
    await fetch(`${this.#url}/_sandbox/faults`, { method: 'DELETE' });
  }

  /** What has truly happened, from the given place on. */
  async history(since: number): Promise<readonly Happened[]> {
    return readHistory(await (await fetch(`${this.#url}/_sandbox/history?since=${since}`)).json()).history;
  }

  async #post(path: string, body: object): Promise<unknown> {
    const response = await this.#send(path, body);
    if (!response.ok) throw new Error(`The sandbox answered ${response.status}: ${await response.text()}`);
    return response.json();
  }

  #send(path: string, body: object): Promise<Response> {
    return fetch(`${this.#url}/_sandbox/${path}`, { method: 'POST', body: JSON.stringify(body) });
  }
}

function answer<S extends TSchema>(schema: S): (body: unknown) => Static<S> {
  const compiled = Compile(schema);
  return (body) => compiled.Parse(body);
}
