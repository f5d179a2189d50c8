import t from 'tap';
import { sandboxCredentials } from '../../sandbox/account/seed-account.js';
import type { ApiKey, BriefIncident, SentRequest } from '../../sandbox/kit/control-client.js';
import { operations } from '../../src/operations/operations.js';
import { wireObjects } from '../../src/wire/wire-objects.js';
import {
  type ActionCase,
  actionCases,
  type Expected,
  type Persistence,
  prepare,
  requestOf,
} from '../support/action-cases.js';
import { type Answer, errorOf, propertiesOf, type RunningService, startService } from '../support/running-service.js';

const { accountKey } = sandboxCredentials;

type Prepared = Awaited<ReturnType<typeof prepare>>;

/** Calls the action with good inputs, some of them replaced. */
function run(
  { call }: RunningService,
  action: ActionCase,
  prepared: Prepared,
  options: { key?: string; inputs?: object } = {},
): Promise<Answer> {
  const { method, path, body } = requestOf(action.operation, { ...action.inputs(...prepared), ...options.inputs });
  return call(method, path, { key: options.key ?? accountKey, body });
}

/** A connection of its own, so that no listing is remembered, which knows the acting user. */
async function warmKey({ control, call }: RunningService, { id }: BriefIncident): Promise<ApiKey> {
  const [key] = await control.newKeys(1);
  if (key === undefined) throw new Error('the sandbox made no key');
  await call('POST', `/incidents/${id}/notes`, { key: key.key, body: { userId: 'PUSER02', note: 'x' } });
  return key;
}

/** An expectation with everything that the sandbox logs, and with what came in place of what may be anything. */
function complete(expected: Expected, came: SentRequest | undefined) {
  const { body = null, ...others } = expected;
  return { query: {}, from: null, ...others, body: filled(body, came?.body) };
}

/** The expected value; for each regular expression in it, what came there. */
function filled(expected: unknown, came: unknown): unknown {
  if (expected instanceof RegExp) return typeof came === 'string' && expected.test(came) ? came : expected;
  if (Array.isArray(expected)) return expected.map((one, index) => filled(one, propertiesOf(came)[index]));
  if (typeof expected !== 'object' || expected === null) return expected;
  return Object.fromEntries(
    Object.entries(expected).map(([name, value]) => [name, filled(value, propertiesOf(came)[name])]),
  );
}

const actsForUser = ({ operation }: ActionCase) => operation.input.properties.userId !== undefined && operation.body;

t.test('the cases are all operations of the contract, at their places', async (t) => {
  t.strictSame(
    actionCases.map(({ operation }) => operation.id),
    operations.map(({ id }) => id),
  );
  for (const { operation, route } of actionCases) t.equal(`${operation.method} ${operation.path}`, route);
});

t.test(
  'an operation sends what PagerDuty documents, and answers a flat object with all that is declared',
  async (t) => {
    const service = await startService(t);
    const { control } = service;
    for (const action of actionCases) {
      const { id, output } = action.operation;
      await t.test(id, async (t) => {
        const [key] = await control.newKeys(1);
        if (key === undefined) throw new Error('no key');
        const sentBy = async (work: () => Promise<unknown>) =>
          (await control.sentDuring(work)).filter(
            ({ key: name }) => name === key.name || name === action.integration?.name,
          );

        const first = await prepare(control, action);
        let answer: Answer | undefined;
        const cold = await sentBy(async () => {
          answer = await run(service, action, first, { key: key.key });
        });
        const user = actsForUser(action) ? ['GET /users/PUSER02'] : [];
        t.strictSame(
          cold.map(({ method, path }) => `${method} ${path}`),
          [...user, ...action.sends(...first).map(({ method, path }) => `${method} ${path}`)],
          'the acting user is looked up first',
        );
        t.equal(answer?.status, 200, answer?.text ?? 'no answer');
        t.match(answer?.headers, { 'content-type': /^application\/json\b/ });
        const body = new Map<string, unknown>(Object.entries(answer?.body ?? {}));
        const missing = Object.keys(wireObjects[output].properties ?? {}).filter(
          (name) => body.get(name) === undefined,
        );
        t.strictSame(missing, [], 'no declared property is missing');

        const second = await prepare(control, action);
        const warm = await sentBy(() => run(service, action, second, { key: key.key }));
        const expected = action.isCached ? [] : action.sends(...second);
        t.strictSame(
          warm.map(({ method, path, query, from, body }) => ({ method, path, query, from, body })),
          expected.map((one, index) => complete(one, warm[index])),
          'no request more than needed, and nothing else in any',
        );
      });
    }
  },
);

t.test(
  'fields that nobody has declared pass through, and declared ones are there though PagerDuty has none',
  async (t) => {
    const service = await startService(t);
    for (const action of actionCases) {
      const [upstream, answered] = action.answers;
      const prepared = await prepare(service.control, action);
      const { key } = await warmKey(service, prepared[0]);
      const match = { ...action.decisive, key: action.integration?.key ?? key };
      await service.control.fault(match, { status: 200, body: upstream });
      const answer = await run(service, action, prepared, { key });
      t.equal(answer.status, 200, answer.text);
      t.match(answer.body, answered, action.operation.id);
    }
  },
);

/** The inputs with another value at `incidentId`, or at `links/0/href`. */
function replaced(inputs: object, name: string, value: string): object {
  const [first = '', , below] = name.split('/');
  // An incident goes to a user or by a policy, not both.
  const others = first === 'policyId' ? { assigneeId: undefined } : {};
  return { ...inputs, ...others, [first]: below === undefined ? value : [{ [below]: value }] };
}

t.test('an id that PagerDuty does not have is an error that says which', async (t) => {
  const service = await startService(t);
  for (const action of actionCases) {
    for (const [name, [, code]] of Object.entries(action.references)) {
      const what = `${action.operation.id} ${name}`;
      const prepared = await prepare(service.control, action);
      const inputs = replaced(action.inputs(...prepared), name, 'QNOSUCHTHING');
      const sent = await service.control.sentDuring(async () => {
        const answer = await run(service, action, prepared, { inputs });
        t.equal(answer.status, 404, `${what}: ${answer.text}`);
        t.equal(errorOf(answer).code, code, what);
        if (code === 'pagerduty_not_found') t.match(errorOf(answer).pagerduty, { status: 404, code: 2100 }, what);
        else t.match(errorOf(answer), { field: name, message: new RegExp(`\\(${name}\\): expected`) }, what);
      });
      const asked = sent.filter((one) => JSON.stringify(one).includes('QNOSUCHTHING'));
      t.equal(asked.length, 1, `${what} is asked for once`);
      if (name === 'userId') t.equal(sent.length, 1, `${what}: nothing else was sent`);
      const done = (await service.control.history(prepared[0].id)).filter((kind) => kind !== 'acknowledged');
      t.strictSame(done, ['created', 'assigned'], `${what}: nothing was done`);
    }
  }
});

t.test('inputs that are wrong together are a 400 that names one of them, and nothing is sent', async (t) => {
  const service = await startService(t);
  const sent = await service.control.sentDuring(async () => {
    for (const action of actionCases) {
      const prepared = await prepare(service.control, action);
      for (const [inputs, field] of action.refuses) {
        const answer = await run(service, action, prepared, { inputs });
        t.equal(answer.status, 400, `${action.operation.id} ${field}: ${answer.text}`);
        t.equal(errorOf(answer).code, 'invalid_input', action.operation.id);
        t.equal(errorOf(answer).field, field, action.operation.id);
      }
    }
  });
  t.strictSame(sent, []);
});

/** What of an input's schema decides what is wrong for it. */
function keywordsOf(schema: object) {
  const keywords = new Map<string, unknown>(Object.entries(schema));
  const types = [keywords.get('type')].flat();
  return { types, pattern: keywords.get('pattern'), maxLength: keywords.get('maxLength') };
}

t.test('an input that is missing or of another kind is a 400 that names it, and nothing is sent', async (t) => {
  const service = await startService(t);
  const incidents = await service.control.trigger({ count: 2 });
  const sent = await service.control.sentDuring(async () => {
    for (const action of actionCases) {
      const { operation } = action;
      const good = action.inputs(...incidents);
      for (const [field, schema] of Object.entries(operation.input.properties)) {
        const place = operation.path.includes(`{${field}}`) ? 'path' : operation.method === 'GET' ? 'query' : 'body';
        const required = operation.input.required?.includes(field) === true;
        const { types, pattern, maxLength } = keywordsOf(schema);
        const isText = pattern === '\\S';
        const wrong: [what: string, value: unknown][] = [];
        if (place === 'body') {
          for (const value of [null, true, ['a'], 1.5, '']) wrong.push(['kind', value]);
          if (!types.includes('array')) wrong.push(['kind', []]);
          if (!types.includes('object')) wrong.push(['kind', {}], ['kind', { id: 'a' }]);
          if (!types.includes('integer')) wrong.push(['number', 7]);
          if (required) wrong.push(['missing', undefined]);
          // A text of any length is taken if nothing but the body bounds it.
          if (maxLength !== undefined || !isText) wrong.push(['too long', 'x'.repeat(70_000)]);
        }
        if (place === 'query' && required) wrong.push(['empty', '']);
        if (required) wrong.push(['blank', ' \t\n\u00a0']);
        // Half a character is a text like any other if PagerDuty takes any text.
        if (required && place === 'body' && !isText) wrong.push(['half a character', '\ud83d']);
        for (const [what, value] of wrong) {
          const { method, path, body } = requestOf(operation, { ...good, [field]: value });
          const answer = await service.call(method, path, { body });
          t.equal(answer.status, 400, `${operation.id} ${field} ${what}: ${answer.text}`);
          t.match(answer.body, { error: { code: /^invalid_input$/, message: /: expected .+, got .+\.$/ } });
          t.match(errorOf(answer).field, new RegExp(`^${field}(/|$)`), 'it is named, perhaps with its part');
          if (typeof value === 'string' && value.length > 10)
            t.notOk(answer.text.includes(value), 'it is not repeated');
        }
      }
    }
  });
  t.strictSame(sent, []);
});

interface Fault {
  readonly name: string;
  readonly fault: object;
  /** Status and code of the answer, for an operation that is not sent `once`. */
  readonly answer: readonly [status: number, code: string];
  readonly headers?: object;
  /** A failure that may pass: a read is sent three times, a change twice. */
  readonly passing?: true;
  /** PagerDuty may have done it: what goes once is answered with this status and `mayHaveBeenDone`. */
  readonly open?: number;
  /** PagerDuty has done it: a change is found to be done. */
  readonly done?: true;
  /** The answer cannot be read: a change is looked at, and sent again if it was not made. */
  readonly unreadable?: true;
}

const said = (code: number, message: string) => ({ error: { code, message, errors: ['It is so.'] } });

const faults: readonly Fault[] = [
  {
    name: '400',
    fault: { status: 400, body: said(2001, 'Invalid Input Provided') },
    answer: [400, 'pagerduty_rejected'],
  },
  {
    name: '401',
    fault: { status: 401, body: said(2006, 'Authentication failed') },
    answer: [401, 'pagerduty_unauthorized'],
  },
  { name: '402', fault: { status: 402, body: said(2012, 'Account Expired') }, answer: [402, 'pagerduty_plan_limit'] },
  { name: '403', fault: { status: 403, body: said(2010, 'Access Denied') }, answer: [403, 'pagerduty_forbidden'] },
  { name: '404', fault: { status: 404, body: { error: 'Not Found' } }, answer: [404, 'pagerduty_not_found'] },
  { name: '409', fault: { status: 409, body: [] }, answer: [400, 'pagerduty_rejected'] },
  {
    name: '429 with a time',
    fault: { rateLimited: { resetSeconds: 30 } },
    answer: [429, 'pagerduty_rate_limited'],
    headers: { 'retry-after': '30' },
  },
  { name: '301', fault: { status: 301, headers: { location: '/elsewhere' } }, answer: [502, 'pagerduty_error'] },
  { name: '408', fault: { status: 408 }, answer: [504, 'pagerduty_timeout'], passing: true, open: 502 },
  {
    name: '500',
    fault: { status: 500, body: said(2000, 'Internal Error') },
    answer: [502, 'pagerduty_error'],
    passing: true,
    open: 502,
  },
  {
    name: '502 as HTML',
    fault: { status: 502, body: '<html><h1>502 Bad Gateway</h1></html>' },
    answer: [502, 'pagerduty_error'],
    passing: true,
    open: 502,
  },
  { name: '503', fault: { status: 503 }, answer: [503, 'pagerduty_unavailable'], passing: true, open: 502 },
  {
    name: 'a connection cut before',
    fault: { cut: 'before' },
    answer: [502, 'pagerduty_unreachable'],
    passing: true,
    open: 502,
  },
  {
    name: 'a connection cut after',
    fault: { cut: 'after' },
    answer: [502, 'pagerduty_unreachable'],
    passing: true,
    open: 502,
    done: true,
  },
  {
    name: 'half a body',
    fault: { status: 200, body: '{"incident":{"id":"PX' },
    answer: [502, 'pagerduty_invalid_response'],
    open: 502,
    unreadable: true,
  },
  {
    name: 'a body that is not JSON',
    fault: { brokenBody: 'not-json' },
    answer: [502, 'pagerduty_invalid_response'],
    open: 502,
    done: true,
    unreadable: true,
  },
  {
    name: 'no body',
    fault: { status: 204 },
    answer: [502, 'pagerduty_invalid_response'],
    open: 502,
    unreadable: true,
  },
  {
    name: 'another body',
    fault: { status: 200, body: [] },
    answer: [502, 'pagerduty_invalid_response'],
    open: 502,
    unreadable: true,
  },
];

/** What a fault means to an operation. */
function asMetBy({ integration, unauthorized }: ActionCase, fault: Fault): Fault {
  // What v1 of the Events API says with 403 every other API says with 429, so an event's 403 is taken for that.
  if (integration !== undefined && fault.name === '403') {
    return { ...fault, answer: [429, 'pagerduty_rate_limited'], passing: true };
  }
  return unauthorized !== undefined && fault.name === '401' ? { ...fault, answer: [401, unauthorized] } : fault;
}

/** How often a request is sent while the fault lasts. */
function timesSent(fault: Fault, persistence: Persistence): number {
  if (persistence === 'once') return 1;
  if (persistence === 'read') return fault.passing === true ? 3 : 1;
  return (fault.passing === true || fault.unreadable === true) && fault.done !== true ? 2 : 1;
}

t.test('whatever PagerDuty fails with, an operation answers with what it means', async (t) => {
  const service = await startService(t);
  const { control } = service;
  for (const fault of faults) {
    const runs = await Promise.all(
      actionCases.map(async (action) => {
        const prepared = await prepare(control, action);
        const { key, name } = await warmKey(service, prepared[0]);
        const { integration } = action;
        await control.fault({ ...action.decisive, key: integration?.key ?? key }, fault.fault, { times: 3 });
        return { action, prepared, key, name: integration?.name ?? name, fault: asMetBy(action, fault) };
      }),
    );
    const answers: Answer[] = [];
    const sent = await control.sentDuring(async () => {
      answers.push(
        ...(await Promise.all(runs.map(({ action, prepared, key }) => run(service, action, prepared, { key })))),
      );
    });
    await control.clearFaults();

    await t.test(fault.name, async (t) => {
      for (const [index, { action, name, fault }] of runs.entries()) {
        const { persistence, operation, decisive } = action;
        const answer = answers[index];
        const times = timesSent(fault, persistence);
        const asked = sent.filter(({ key, method }) => key === name && method === decisive.method);
        t.equal(asked.length, times, `${operation.id}: sent as often as may be`);
        if (persistence === 'change' && fault.done) {
          t.equal(answer?.status, 200, `${operation.id}: found to be done`);
          continue;
        }
        const [status, code] = fault.answer;
        const mayHaveBeenDone = persistence !== 'read' && fault.open !== undefined;
        t.equal(answer?.status, mayHaveBeenDone ? fault.open : status, `${operation.id}: ${answer?.text}`);
        const said = answer === undefined ? {} : errorOf(answer);
        t.match(
          said,
          { code: new RegExp(`^${code}$`), message: /^PagerDuty .+\.$|^The connection to PagerDuty .+\.$/ },
          operation.id,
        );
        t.equal(said.mayHaveBeenDone, mayHaveBeenDone ? true : undefined, operation.id);
        t.match(answer?.headers, fault.headers ?? {}, operation.id);
      }
    });
  }
});
