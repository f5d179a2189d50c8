import SwaggerClient from 'swagger-client';
import t from 'tap';
import { type Endpoint, placeOf } from '../../src/wire/endpoint.js';
import { actionCases } from '../support/action-cases.js';
import { HastyClock } from '../support/hasty-clock.js';
import { propertiesOf, startService } from '../support/running-service.js';
import { triggerCases } from '../support/trigger-cases.js';
import { until } from '../support/until.js';

const clock = new HastyClock();
const { control, url } = await startService(t, { environment: { TRIGGER_POLL_SECONDS: '1' }, clock });
const definitionUrl = `${url}/apiDefinition.swagger.json`;
const stranger = await SwaggerClient({ url: definitionUrl });
const spec = propertiesOf(stranger.spec);
const operations = Object.values(propertiesOf(spec.paths)).flatMap((path) => Object.values(propertiesOf(path)));
const operationIds = operations.map((operation) => String(propertiesOf(operation).operationId));
const [scheme = '', ...otherSchemes] = Object.keys(propertiesOf(spec.securityDefinitions));
t.strictSame(otherSchemes, [], 'there is one way to authorise');

/** A client with a connection of its own, to call one operation with. */
async function authorised(operationId: string): Promise<SwaggerClient.Call> {
  const [apiKey] = await control.newKeys(1);
  if (apiKey === undefined) throw new Error('the sandbox made no key');
  return callOf(await SwaggerClient({ url: definitionUrl, authorizations: { [scheme]: apiKey.key } }), operationId);
}

function callOf({ apis }: SwaggerClient.Client, operationId: string): SwaggerClient.Call {
  const call = Object.values(apis).find((operations) => operationId in operations)?.[operationId];
  if (call === undefined) throw new Error(`swagger-client finds no ${operationId}`);
  return call;
}

/** The error that a call ends with. */
function refusal(answer: Promise<SwaggerClient.Response>): Promise<unknown> {
  return answer.then(
    ({ status }) => ({ status }),
    (error: unknown) => error,
  );
}

/** Polls as the answer before says until there is news. */
async function news(call: SwaggerClient.Call, parameters: object, from: SwaggerClient.Response) {
  let last = from;
  return until(async () => {
    await clock.advance(Number(last.headers['retry-after']) * 1_000);
    const triggerState = new URL(last.headers.location ?? '').searchParams.get('triggerState');
    last = await call({ ...parameters, triggerState });
    return last.status === 200 ? last : undefined;
  }, 'news of a trigger');
}

/** Inputs as a client passes them: by their names in the definition, those of the body in `body`. */
function parametersOf(endpoint: Endpoint, inputs: Readonly<Record<string, unknown>>): object {
  const inBody = Object.entries(inputs).filter(([name]) => placeOf(endpoint, name) === 'body');
  const others = Object.entries(inputs).filter(([name]) => placeOf(endpoint, name) !== 'body');
  return { ...Object.fromEntries(others), ...(inBody.length === 0 ? {} : { body: Object.fromEntries(inBody) }) };
}

t.test('every operation of the definition has a case', async (t) => {
  const cases = [...actionCases.map(({ operation }) => operation), ...triggerCases.map(({ trigger }) => trigger)];
  t.strictSame([...operationIds].sort(), cases.map(({ id }) => id).sort());
});

for (const { operation, inputs, client } of actionCases) {
  t.test(`swagger-client calls ${operation.id} with nothing but the definition and a key`, async (t) => {
    const [incident, other] = await control.trigger({ count: 2 });
    const parameters = parametersOf(operation, client.inputs?.(incident) ?? inputs(incident, other));
    t.match(await refusal(callOf(stranger, operation.id)(parameters)), { status: 401 }, 'not without a key');
    const answer = await (await authorised(operation.id))(parameters);
    t.equal(answer.status, 200);
    t.match(answer.body, client.answer(incident));
  });
}

for (const { trigger, inputs, happens, answer } of triggerCases) {
  t.test(`swagger-client polls ${trigger.id} with nothing but the definition and a key`, async (t) => {
    const [incident] = await control.trigger();
    const parameters = parametersOf(trigger, inputs(incident));
    t.match(await refusal(callOf(stranger, trigger.id)(parameters)), { status: 401 }, 'not without a key');
    const call = await authorised(trigger.id);
    const first = await call(parameters);
    t.equal(first.status, 202);
    await happens(control, incident);
    const told = await news(call, parameters, first);
    t.equal(told.status, 200);
    t.match(told.body, answer(incident));
  });
}

t.test('an operation refuses in words that reach the user of a client', async (t) => {
  const call = await authorised('GetIncidentByKey');
  t.match(await refusal(call({ incident_key: 'nobody knows it' })), {
    status: 404,
    response: { body: { error: { code: /^incident_not_found$/, message: /./ } } },
  });
});
