import Type from 'typebox';
import { Compile } from 'typebox/compile';

const opened = Compile(
  Type.Object({ incidents: Type.Array(Type.Object({ id: Type.String(), number: Type.Number() })) }),
);
const history = Compile(
  Type.Object({ history: Type.Array(Type.Object({ kind: Type.String(), incidentId: Type.String() })) }),
);
const requests = Compile(Type.Object({ counts: Type.Record(Type.String(), Type.Number()) }));

/** What people and monitoring do at PagerDuty behind the connector's back, through the sandbox's control API. */
export class SandboxPeople {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  /** Opens incidents at the same moment. */
  async trigger(title: string, options: { count?: number; serviceId?: string } = {}) {
    return opened.Parse(await this.#post('/_sandbox/incidents', { title, ...options })).incidents;
  }

  async act(incidentId: string, action: 'acknowledge' | 'resolve', userId: string): Promise<void> {
    await this.#post(`/_sandbox/incidents/${incidentId}/${action}`, { userId });
  }

  /** The ids of all incidents that were ever created, in order: the truth to compare deliveries with. */
  async createdIds(): Promise<string[]> {
    const items = history.Parse(await this.#get('/_sandbox/history')).history;
    return items.filter(({ kind }) => kind === 'created').map(({ incidentId }) => incidentId);
  }

  /** How often each endpoint of PagerDuty was called. */
  async callCounts(): Promise<Readonly<Record<string, number>>> {
    return requests.Parse(await this.#get('/_sandbox/requests')).counts;
  }

  async #post(path: string, body: object): Promise<unknown> {
    const response = await fetch(`${this.#url}${path}`, { method: 'POST', body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`The sandbox answered ${response.status}: ${await response.text()}`);
    return response.json();
  }

  async #get(path: string): Promise<unknown> {
    return (await fetch(`${this.#url}${path}`)).json();
  }
}
