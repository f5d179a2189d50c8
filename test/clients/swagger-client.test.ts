import { setTimeout as delay } from 'node:timers/promises';
import SwaggerClient from 'swagger-client';
import t from 'tap';
import { propertiesOf, startService } from '../support/running-service.js';
import { until } from '../support/until.js';
import { clientCases } from './client-cases.js';

const { control, url } = await startService(t, { environment: { TRIGGER_POLL_SECONDS: '1' } });
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
    await delay(Number(last.headers['retry-after']) * 1_000);
    const triggerState = new URL(last.headers.location ?? '').searchParams.get('triggerState');
    last = await call({ ...parameters, triggerState });
    return last.status === 200 ? last : undefined;
  }, 'news of a trigger');
}

t.test('the definition and the cases have the same operations', async (t) => {
  t.ok(operationIds.length > 0);
  for (const id of Object.keys(clientCases)) {
    t.ok(operationIds.includes(id), `${id} is in the definition; if it is gone, remove it from client-cases.ts`);
  }
});

for (const id of operationIds) {
  t.test(`swagger-client calls ${id} with nothing but the definition and a key`, async (t) => {
    const one = clientCases[id];
    if (one === undefined) throw new Error(`${id} is called by no client: add it to test/clients/client-cases.ts`);
    const [incident] = await control.trigger();
    const parameters = one.parameters?.(incident) ?? {};
    t.match(await refusal(callOf(stranger, id)(parameters)), { status: 401 }, 'not without a key');
    const call = await authorised(id);
    let answer = await call(parameters);
    if (one.happens !== undefined) {
      t.equal(answer.status, 202);
      await one.happens(control, incident);
      answer = await news(call, parameters, answer);
    }
    t.equal(answer.status, 200);
    t.match(answer.body, one.answer(incident));
  });
}

t.test('an operation refuses in words that reach the user of a client', async (t) => {
  const call = await authorised('GetIncidentByKey');
  t.match(await refusal(call({ incident_key: 'nobody knows it' })), {
    status: 404,
    response: { body: { error: { code: /^incident_not_found$/, message: /./ } } },
  });
});
