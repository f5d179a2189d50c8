import Type, { type Static, type TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { HistoryEvent } from './delivery-oracle.js';

const BriefIncident = Type.Object({
  id: Type.String(),
  number: Type.Number(),
  title: Type.String(),
  status: Type.String(),
  key: Type.String(),
  assigneeIds: Type.Array(Type.String()),
});
const SentRequest = Type.Object({
  n: Type.Number(),
  method: Type.String(),
  path: Type.String(),
  query: Type.Unknown(),
  from: Type.Union([Type.String(), Type.Null()]),
  key: Type.Union([Type.String(), Type.Null()]),
  body: Type.Unknown(),
});
const ApiKey = Type.Object({ key: Type.String(), name: Type.String() });

/** An incident of the sandbox, in brief. */
export type BriefIncident = Static<typeof BriefIncident>;

/** A request as PagerDuty received it. */
export type SentRequest = Static<typeof SentRequest>;

/** A key of the account, and the name under which the sandbox logs its requests. */
export type ApiKey = Static<typeof ApiKey>;

const readIncidents = reader(Type.Object({ incidents: Type.Array(BriefIncident) }));
const readHistory = reader(
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
const readRequests = reader(
  Type.Object({
    requests: Type.Array(SentRequest),
    counts: Type.Record(Type.String(), Type.Number()),
    last: Type.Number(),
  }),
);
const readKeys = reader(Type.Object({ keys: Type.Array(ApiKey) }));

/** What people, monitoring and bad luck do at PagerDuty: a client of the sandbox's control API. */
export class ControlClient {
  readonly #url: string;
  readonly #fetch: typeof fetch;

  /** @param url of the sandbox, without a slash at the end */
  constructor(url: string, send: typeof fetch = fetch) {
    this.#url = `${url}/_sandbox`;
    this.#fetch = send;
  }

  async get(path: string): Promise<unknown> {
    return this.#call('GET', path);
  }

  async post(path: string, body: object = {}): Promise<unknown> {
    return this.#call('POST', path, body);
  }

  async patch(path: string, body: object): Promise<unknown> {
    return this.#call('PATCH', path, body);
  }

  /** Opens incidents at the same moment, one unless `count` says more. */
  async trigger(
    incident: { title?: string; key?: string; count?: number; serviceId?: string } = {},
  ): Promise<[BriefIncident, ...BriefIncident[]]> {
    const { incidents } = readIncidents(await this.post('/incidents', { title: 'The disk is full', ...incident }));
    const [first, ...more] = incidents;
    if (first === undefined) throw new Error('the sandbox opened no incident');
    return [first, ...more];
  }

  /** Does something to an incident in the website. If the body names nobody, Ada does it. */
  async act(id: string, what: string, body: object = {}): Promise<void> {
    await this.post(`/incidents/${id}/${what}`, body);
  }

  /** Does the same if the incident's state allows it; gives whether it did. */
  async tryToAct(id: string, what: string, body: object = {}): Promise<boolean> {
    return (await this.#send('POST', `/incidents/${id}/${what}`, body)).ok;
  }

  /** The incident as it is now. */
  async incident(id: string): Promise<BriefIncident | undefined> {
    return (await this.incidents()).find((one) => one.id === id);
  }

  /** Every incident of the account, oldest first. */
  async incidents(): Promise<BriefIncident[]> {
    return readIncidents(await this.get('/account')).incidents;
  }

  /** Everything that truly happened in the account, oldest first, without the first `skip` events. */
  async events(skip = 0): Promise<HistoryEvent[]> {
    return readHistory(await this.get(`/history?since=${skip}`)).history;
  }

  /** The kinds of everything that truly happened to an incident, oldest first. */
  async history(id: string): Promise<string[]> {
    return (await this.events()).filter(({ incidentId }) => incidentId === id).map(({ kind }) => kind);
  }

  /** Makes keys with full access, so that a test has connections of its own. */
  async newKeys(count: number): Promise<ApiKey[]> {
    return readKeys(await this.post('/keys', { count })).keys;
  }

  /** The next requests that match meet the fault. */
  async fault(
    match: { method?: string; path?: string; key?: string },
    fault: object,
    { times = 1, skip = 0 } = {},
  ): Promise<void> {
    await this.post('/faults', { match, fault, times, skip });
  }

  async clearFaults(): Promise<void> {
    await this.#call('DELETE', '/faults');
  }

  /** The log entries of the next `actions` actions are listed `seconds` late. */
  async delayLogEntries(actions: number, seconds: number): Promise<void> {
    await this.post('/late-entries', { actions, seconds });
  }

  /** The requests that reached PagerDuty while `work` was done, oldest first; with a name, that key's only. */
  async sentDuring(work: () => Promise<unknown>, keyName?: string): Promise<SentRequest[]> {
    const { last } = readRequests(await this.get('/requests?since=999999999'));
    await work();
    const { requests } = readRequests(await this.get(`/requests?since=${last}`));
    return keyName === undefined ? requests : requests.filter(({ key }) => key === keyName);
  }

  /** How often each endpoint of PagerDuty was called. */
  async requestCounts(): Promise<Readonly<Record<string, number>>> {
    return readRequests(await this.get('/requests?since=999999999')).counts;
  }

  async #call(method: string, path: string, body?: object): Promise<unknown> {
    const response = await this.#send(method, path, body);
    const answered: unknown = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(answered)}`);
    return answered;
  }

  #send(method: string, path: string, body?: object): Promise<Response> {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    return this.#fetch(this.#url + path, init);
  }
}

/** `GET /users/PUSER02`, to compare lists of requests at a glance. */
export function lines(requests: readonly SentRequest[]): string[] {
  return requests.map(({ method, path }) => `${method} ${path}`);
}

function reader<S extends TSchema>(schema: S): (value: unknown) => Static<S> {
  const validator = Compile(schema);
  return (value) => validator.Parse(value);
}
