import Type, { type Static, type TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

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

/** An incident of the sandbox, as far as a test needs to know it. */
export type BriefIncident = Static<typeof BriefIncident>;

/** A request as PagerDuty received it. */
export type SentRequest = Static<typeof SentRequest>;

/** A key of the account, and the name under which the sandbox logs its requests. */
export type ApiKey = Static<typeof ApiKey>;

const readOpened = reader(Type.Object({ incidents: Type.Array(BriefIncident) }));
const readHistory = reader(
  Type.Object({ history: Type.Array(Type.Object({ kind: Type.String(), incidentId: Type.String() })) }),
);
const readRequests = reader(Type.Object({ requests: Type.Array(SentRequest), last: Type.Number() }));
const readKeys = reader(Type.Object({ keys: Type.Array(ApiKey) }));

/** What people, monitoring and bad luck do at PagerDuty: the sandbox's control API. */
export class SandboxControl {
  readonly #url: string;

  constructor(url: string) {
    this.#url = `${url}/_sandbox`;
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

  /** Opens incidents, one unless `count` says more. */
  async trigger(
    incident: { title?: string; key?: string; count?: number; serviceId?: string } = {},
  ): Promise<[BriefIncident, ...BriefIncident[]]> {
    const [first, ...more] = readOpened(
      await this.post('/incidents', { title: 'The disk is full', ...incident }),
    ).incidents;
    if (first === undefined) throw new Error('the sandbox opened no incident');
    return [first, ...more];
  }

  /** Does something to an incident that is no business of the service's. Ada does it where nobody is named. */
  async act(id: string, what: string, body: object = {}): Promise<void> {
    await this.post(`/incidents/${id}/${what}`, body);
  }

  /** The incident as it is now. */
  async incident(id: string): Promise<BriefIncident | undefined> {
    return (await this.incidents()).find((one) => one.id === id);
  }

  /** Every incident of the account, oldest first. */
  async incidents(): Promise<BriefIncident[]> {
    return readOpened(await this.get('/account')).incidents;
  }

  /** Everything that truly happened to an incident, oldest first. */
  async history(id: string): Promise<string[]> {
    const { history } = readHistory(await this.get('/history'));
    return history.filter(({ incidentId }) => incidentId === id).map(({ kind }) => kind);
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

  /** The requests that reached PagerDuty while `work` was done, oldest first; with a name, that key's only. */
  async sentDuring(work: () => Promise<unknown>, keyName?: string): Promise<SentRequest[]> {
    const { last } = readRequests(await this.get('/requests?since=999999999'));
    await work();
    const { requests } = readRequests(await this.get(`/requests?since=${last}`));
    return keyName === undefined ? requests : requests.filter(({ key }) => key === keyName);
  }

  async #call(method: string, path: string, body?: object): Promise<unknown> {
    const response = await fetch(this.#url + path, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answered: unknown = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(answered)}`);
    return answered;
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
